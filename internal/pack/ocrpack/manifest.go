package ocrpack

import (
	"embed"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"dpp"
	"dpp/internal/document"
	"dpp/internal/document/picture"
	"dpp/internal/document/tesseract"
	"dpp/internal/inputs"
	"dpp/internal/pack"
)

//go:embed schema/*.json
var schemas embed.FS

// maxPages is how many pages a run reads, of all files together.
const maxPages = 500

func newManifest(languages []string) *pack.Manifest {
	return &pack.Manifest{
		Type:         "ocr",
		Version:      "1.0.0",
		Title:        "Scans, photos and PDF documents as text",
		Description:  description(languages),
		InputsSchema: inputsSchema(),
		DataSchema:   schema("data"),
		Prices: []dpp.Price{
			{Unit: unitLayer, Per: 1, Amount: 500},
			{Unit: unitOCR, Per: 1, Amount: 3_000},
		},
		Units: map[string]string{
			unitLayer: "a page of a PDF document whose text layer was given, or that is blank",
			unitOCR:   "a page that was read by OCR; it costs nothing besides, and nothing at all where it could not be read",
		},
		Limits: map[string]int64{
			"max_files":                     maxFiles,
			"max_bytes_per_file":            maxFileBytes,
			"max_bytes_per_run":             maxRunBytes,
			"max_pages_per_run":             maxPages,
			"max_pixels_per_page":           picture.MaxPixels,
			"max_pixels_per_side":           picture.MaxSide,
			"max_points_per_pdf_side":       document.MaxPageUnits,
			"max_pages_per_tiff":            picture.MaxPages,
			"max_seconds_per_ocr_page":      int64(pageTime.Seconds()),
			"max_languages":                 tesseract.MaxLanguages,
			"max_finds":                     maxFinds,
			"max_pattern_chars":             maxPattern,
			"max_hits_per_find_and_page":    maxHits,
			"max_found":                     maxFound,
			"max_low_confidence":            maxDoubts,
			"max_unreadable_regions_a_page": mostRegions,
			"max_annotated_pages":           maxAnnotated,
			"max_annotated_pixels_a_side":   annotatedSide,
			"max_artifact_bytes_per_run":    maxShelf,
		},
		Reliability: reliability,
		Example:     schema("example"),
		Spillable:   []string{"/documents", "/found", "/low_confidence", "/remaining/files"},
	}
}

func description(languages []string) string {
	const what = "Reads up to 10 images (PNG, JPEG, TIFF, WebP) and PDF documents: the text of each page with its confidence, " +
		"on request words with boxes, blocks and Markdown, and the places of patterns. "
	if len(languages) == 0 {
		return what + "OCR is not available in this build: only text layers of PDF documents are read."
	}
	return what + "Languages: " + strings.Join(languages, ", ") + "."
}

const reliability = "A word's confidence is the share of words that are right among those of which the OCR engine says the same, measured on pages whose " +
	"text is known and that were made worse in many ways; a page's is the mean of its words' by a curve that was measured in the same way, times " +
	"1 - 0.15 * (1 - coverage) for ink that is in no word. Text layers have 0.995, or 0.95 over a picture, times the share of characters with which " +
	"nothing is wrong; blank pages 1. The run's reliability is the mean over all pages that were tried: a page that could not be read counts 0, a file " +
	"without pages as one such page; pages that a limit left undone do not count. What lowers it is named in notes and reliability_reasons."

func inputsSchema() jsontext.Value {
	more := jsontext.Value(`{"pages": {"description": "The pages that are read, such as 1-3,7, counted from 1; all where it is absent.",
		"type": "string", "minLength": 1, "maxLength": 500, "pattern": "^[0-9 ,-]+$"}}`)
	made, err := inputs.Schema(schema("inputs"), more)
	if err != nil {
		panic("ocrpack: " + err.Error()) // both are there at build time: cannot happen in a binary that was built
	}
	return made
}

func schema(name string) jsontext.Value {
	text, err := schemas.ReadFile("schema/" + name + ".json")
	if err != nil {
		panic("ocrpack: " + err.Error()) // embedded at build time: the same
	}
	return jsontext.Value(text)
}
