package ocrpack

import (
	"dpp"
	"dpp/internal/document/tesseract"
	"dpp/internal/pack/ocrpack/layout"
)

// Data is what a run of this pack finds.
type Data struct {
	// Documents holds one entry for each file of the inputs, in their order.
	Documents []*Document `json:"documents"`
	// Found are the hits of find, in the order of files, pages and names.
	Found []Found `json:"found"`
	// LowConfidence are the words that a reader should look at.
	LowConfidence []Doubt `json:"low_confidence"`
}

// Document is what became of one file.
type Document struct {
	// Name is the file's, made different from those before it; files[0] where it has none.
	Name      string   `json:"name"`
	Error     *Problem `json:"error,omitzero"`
	MediaType string   `json:"media_type,omitzero"`
	SHA256    string   `json:"sha256,omitzero"`
	PageCount int      `json:"page_count,omitzero"`
	Pages     []*Page  `json:"pages"`
}

// Page is what became of a page that was wanted. Either Content or Error is set.
type Page struct {
	Number int      `json:"page"`
	Error  *Problem `json:"error,omitzero"`
	*Content
}

// The sources of a page's text.
const (
	sourceLayer = "text_layer"
	sourceOCR   = "ocr"
)

// Content is what was read of a page. Boxes are in pixels from the top left of the page as
// it stands after Rotation.
type Content struct {
	Source string `json:"source"`
	Text   string `json:"text"`
	// Confidence is the share of the page's words that is expected to be right.
	Confidence dpp.Score `json:"confidence"`
	// Rotation is by how many degrees, clockwise, the page was turned to be read.
	Rotation int `json:"rotation"`
	Width    int `json:"width"`
	Height   int `json:"height"`
	DPI      int `json:"dpi,omitzero"`
	// Coverage is how much of the page's ink is in words, for pages read by OCR.
	Coverage *dpp.Score `json:"coverage,omitzero"`
	Words    []Word     `json:"words,omitzero"`
	Blocks   []Block    `json:"blocks,omitzero"`
	Markdown *string    `json:"markdown,omitzero"`
	// Unreadable are places with ink of which no text is given.
	Unreadable []Region `json:"unreadable_regions"`
	// Annotated names the artifact that shows the page with its words.
	Annotated string `json:"annotated,omitzero"`
	// Notes name what lowers the confidence.
	Notes []string `json:"notes,omitzero"`

	finds   []Found
	doubts  []Doubt
	picture []byte // Annotated
}

// Word is a word with its place. Confidence is how probably it is right.
type Word struct {
	Text       string        `json:"text"`
	Box        tesseract.Box `json:"box"`
	Confidence dpp.Score     `json:"confidence"`
}

// Block is a part of a page.
type Block struct {
	Kind       layout.Kind   `json:"kind"`
	Level      int           `json:"level,omitzero"`
	Text       string        `json:"text"`
	Rows       [][]string    `json:"rows,omitzero"`
	Box        tesseract.Box `json:"box"`
	Confidence dpp.Score     `json:"confidence"`
}

// Region is a place that was not read.
type Region struct {
	Box    tesseract.Box `json:"box"`
	Reason string        `json:"reason"`
}

// Why a region was not read.
const (
	regionInk   = "ink_without_text"
	regionDoubt = "low_confidence"
)

// Found is a hit of a find. Its box is around the words that hold it.
type Found struct {
	Name       string        `json:"name"`
	Value      string        `json:"value"`
	File       string        `json:"file"`     // the document's name
	Document   int           `json:"document"` // its place in documents
	Page       int           `json:"page"`
	Box        tesseract.Box `json:"box"`
	Confidence dpp.Score     `json:"confidence"`
}

// Doubt is a word that may well be wrong.
type Doubt struct {
	File       string        `json:"file"`
	Document   int           `json:"document"`
	Page       int           `json:"page"`
	Text       string        `json:"text"`
	Box        tesseract.Box `json:"box"`
	Confidence dpp.Score     `json:"confidence"`
}

// Problem says why there is no text.
type Problem struct {
	Reason    string `json:"reason_code"`
	Detail    string `json:"detail"`
	Retryable bool   `json:"retryable"`

	hint  string
	input bool // it is the input's fault, not the platform's
}
