package ocrpack

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"dpp/internal/document"
	"dpp/internal/document/tesseract"
	"dpp/internal/inputs"
	"dpp/internal/pack"
)

// Bounds of inputs.
const (
	mib          = 1 << 20
	maxFiles     = 10
	maxFileBytes = 30 * mib // a job of the sandbox has a little more
	maxRunBytes  = 64 * mib // the loader's own
	maxName      = 64       // characters of a find's name
)

// request is what a caller asks for. What is absent stays absent when the rest of the work
// is handed back in the same form.
type request struct {
	Files     []file   `json:"files"`
	Languages []string `json:"languages,omitzero"`
	Output    []string `json:"output,omitzero"`
	Find      []find   `json:"find,omitzero"`
	Annotate  *bool    `json:"annotate,omitzero"`

	languages []string
	engine    document.Engine // that knows them; nothing where there is none
	queries   []query
}

// file is one of the files, with the pages that are wanted of it.
type file struct {
	inputs.File
	Pages string `json:"pages,omitzero"`

	ranges []pageRange // none: all
}

// decodeInputs reads inputs. Findings about them are a [*pack.InputError]. Where there is no
// engine, languages are not judged.
func decodeInputs(raw jsontext.Value, engines []document.Engine) (*request, error) {
	in := new(request)
	if err := json.Unmarshal(raw, in); err != nil || len(in.Files) == 0 || len(in.Files) > maxFiles {
		return nil, &pack.InputError{Fields: []pack.FieldError{{
			Code: "type", Message: "The inputs are not of the form that the schema describes.", Expected: "an object with files",
		}}}
	}
	findings := slices.Concat(in.readFiles(), in.readLanguages(engines), in.readFinds())
	if len(findings) > 0 {
		return nil, &pack.InputError{Fields: findings}
	}
	return in, nil
}

func filePointer(i int) string { return pack.Pointer("files", strconv.Itoa(i)) }

func (in *request) readFiles() (findings []pack.FieldError) {
	pages := 0
	for i := range in.Files {
		f, pointer := &in.Files[i], filePointer(i)
		findings = append(findings, f.Check(pointer, maxFileBytes)...)
		if f.Pages == "" {
			continue
		}
		var err error
		if f.ranges, err = parsePages(f.Pages); err != nil {
			findings = append(findings, pack.FieldError{
				Pointer: pointer + "/pages", Code: "pattern", Message: "The text is no list of pages: numbers and ranges from low to high, counted from 1.",
				Expected: "1-3,7",
			})
		}
		if pages += countPages(f.ranges); pages > maxPages {
			findings = append(findings, pack.FieldError{
				Pointer: pointer + "/pages", Code: "out_of_range", Message: "The files have together more pages than a run reads.",
				Expected: fmt.Sprintf("at most %d pages", maxPages),
			})
			break
		}
	}
	return findings
}

// readLanguages takes "kor+eng" apart, and chooses the engine.
func (in *request) readLanguages(engines []document.Engine) []pack.FieldError {
	known := languagesOf(engines)
	list := strings.Join(known, ", ")
	wrong := func(i int, message, expected string) []pack.FieldError {
		return []pack.FieldError{{Pointer: pack.Pointer("languages", strconv.Itoa(i)), Code: "not_allowed", Message: message, Expected: expected}}
	}
	for i, entry := range in.Languages {
		for name := range strings.SplitSeq(entry, "+") {
			switch {
			case len(known) > 0 && !slices.Contains(known, name):
				return wrong(i, "A language is not installed here. Those installed are: "+list+".", list)
			case slices.Contains(in.languages, name):
				return wrong(i, "A language stands twice.", "each language once")
			case len(in.languages) == tesseract.MaxLanguages:
				return wrong(i, "There are too many languages.", fmt.Sprintf("at most %d languages", tesseract.MaxLanguages))
			}
			in.languages = append(in.languages, name)
		}
	}
	if len(in.languages) == 0 {
		in.languages = []string{document.DefaultLanguage}
	}
	at := slices.IndexFunc(engines, func(e document.Engine) bool { return e.Knows(in.languages) })
	switch {
	case at >= 0:
		in.engine = engines[at]
	case len(engines) > 0:
		return wrong(0, "No engine here has all of these languages together.", list)
	}
	return nil
}

func (in *request) readFinds() (findings []pack.FieldError) {
	names := map[string]bool{}
	for i, f := range in.Find {
		at := func(part, code, message string) {
			findings = append(findings, pack.FieldError{Pointer: pack.Pointer("find", strconv.Itoa(i), part), Code: code, Message: message})
		}
		if names[f.Name] {
			at("name", "duplicate", "An earlier item has the same name.")
		}
		names[f.Name] = true
		if utf8.RuneCountInString(f.Pattern) > maxPattern { // the schema says so, too; what follows relies on it
			at("pattern", "too_long", "The pattern is too long.")
			continue
		}
		q, err := compileFind(f)
		if err != nil {
			at("pattern", "pattern", explain(f.Pattern, err))
			continue
		}
		in.queries = append(in.queries, q)
	}
	return findings
}

func (in *request) wants(form string) bool { return slices.Contains(in.Output, form) }

func (in *request) annotate() bool { return in.Annotate != nil && *in.Annotate }

// accepted are the types of files that are read.
func accepted() []string { return []string{typePDF, "image/png", "image/jpeg", typeTIFF, "image/webp"} }

const (
	typePDF  = "application/pdf"
	typeTIFF = "image/tiff"
)

func (in *request) needs() []inputs.Need {
	needs := make([]inputs.Need, len(in.Files))
	for i, f := range in.Files {
		needs[i] = inputs.Need{File: f.File, Pointer: filePointer(i), MaxBytes: maxFileBytes, Accept: accepted()}
	}
	return needs
}

// likelyPages is what a document is expected to have of which nothing is known.
const likelyPages = 3

// estimate counts pages. A file that may be a PDF may have a text layer on each page.
func (in *request) estimate() pack.Estimate {
	var e pack.Estimate
	var least, likely, most tally
	cheap := false // a page with a text layer may come first
	for i := range in.Files {
		f := &in.Files[i]
		if upload, ok := f.Upload(filePointer(i)); ok {
			e.Uploads = append(e.Uploads, upload)
		}
		few, some, many := f.expected()
		if f.isPicture() {
			least.ocr, likely.ocr = least.ocr+few, likely.ocr+some
		} else {
			least.layer, likely.layer, cheap = least.layer+few, likely.layer+some, true
		}
		most.ocr += many
	}
	most.ocr = min(most.ocr, maxPages)
	one := tally{ocr: 1}
	if cheap {
		one = tally{layer: 1}
	}
	e.Minimum, e.All, e.Low, e.Likely, e.High = one.units(), least.units(), least.units(), likely.units(), most.units()
	return e
}

// expected are the fewest, the likely and the most pages that are read of a file.
func (f *file) expected() (few, some, many int64) {
	switch {
	case len(f.ranges) > 0:
		n := int64(countPages(f.ranges))
		return n, n, n
	case f.isPicture():
		if f.MediaType == typeTIFF {
			return 1, 1, maxPages
		}
		return 1, 1, 1
	default:
		return 1, likelyPages, maxPages
	}
}

// isPicture tells of files that say that they are one: they have no text layer.
func (f *file) isPicture() bool {
	return f.Kind == inputs.KindInline && strings.HasPrefix(strings.ToLower(f.MediaType), "image/")
}

// tally counts pages by unit.
type tally struct{ layer, ocr int64 }

func (t tally) units() (all []pack.Quantity) {
	if t.layer > 0 {
		all = append(all, pack.Quantity{Unit: unitLayer, Quantity: t.layer})
	}
	if t.ocr > 0 {
		all = append(all, pack.Quantity{Unit: unitOCR, Quantity: t.ocr})
	}
	return all
}

// rest is the same request for what is left of some of the files.
func (in *request) rest(left []file) *request {
	r := *in
	r.Files = left
	return &r
}
