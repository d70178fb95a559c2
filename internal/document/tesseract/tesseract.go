// Package tesseract reads the text of pictures with Tesseract: as WebAssembly that is
// part of this program, or as the program tesseract where that is installed. Both are
// [Engine]s, take the same pictures and answer in the same form. Pictures are foreign,
// so whoever uses an engine does it in a child of the sandbox.
package tesseract

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"dpp/internal/document/picture"
)

// What keeps a picture from being read. None of these errors holds anything of it.
var (
	// ErrAbsent: this program was built without an engine.
	ErrAbsent = errors.New("tesseract: no OCR engine was built in: run make assets, then build again, or install tesseract 5")
	// ErrLanguage: a language is not among [Engine.Languages], or is no name of one.
	ErrLanguage = errors.New("tesseract: a language is not installed")
	// ErrFailed: the engine gave up, or answered what makes no sense.
	ErrFailed = errors.New("tesseract: the engine gave up")
)

// Engine reads pictures in any number of languages.
type Engine interface {
	// Languages are those that can be read, sorted, by their names in ISO 639-2.
	Languages() []string
	// Open makes the engine ready for text in any of these languages, the likeliest
	// first. The caller closes the reader. The error is [ErrLanguage] or [ErrFailed].
	Open(languages []string) (Reader, error)
}

// Reader reads pictures one after another, for one caller.
type Reader interface {
	// Read reads a picture. The WebAssembly does not hear of ctx: whoever must end it ends
	// its process. The error is that of [picture.Gray.Check],
	// [ErrFailed] or the context's.
	Read(ctx context.Context, g *picture.Gray, seg Segmentation) (*Page, error)
	// Close gives back what the reader holds. It is of no use afterwards.
	Close() error
}

// MaxLanguages is how many a reader may have at once; each takes time and memory.
const MaxLanguages = 5

// dpi is what an engine is told of a picture.
func dpi(g *picture.Gray) int {
	const trained, least, most = 300, 70, 2_400 // what models were trained with; what the engine takes for possible
	if g.DPI == 0 {
		return trained
	}
	return min(max(g.DPI, least), most)
}

// Segmentation is what a page is taken for, by Tesseract's own numbers.
type Segmentation int

// Segmentations that are of use for pages.
const (
	SegAuto   Segmentation = 3  // columns, headings, pictures between
	SegColumn Segmentation = 4  // one column, of text of any size
	SegBlock  Segmentation = 6  // one block of even text
	SegLine   Segmentation = 7  // a single line
	SegSparse Segmentation = 11 // as much text as can be found, in no order
)

// language is the name of one; "script/Latin" and paths are none.
var language = regexp.MustCompile(`^[a-z]{3}(_[a-z]{1,10}){0,2}$`)

// CheckLanguages tells whether all languages are known to an engine, and none stands
// twice: the error is [ErrLanguage], and says which there are.
func CheckLanguages(languages, known []string) error {
	if len(languages) == 0 || len(languages) > MaxLanguages {
		return fmt.Errorf("%w: want 1 to %d of them", ErrLanguage, MaxLanguages)
	}
	for i, name := range languages {
		if !language.MatchString(name) || !slices.Contains(known, name) || slices.Contains(languages[:i], name) {
			return fmt.Errorf("%w, or stands twice: there are %s", ErrLanguage, strings.Join(known, ", "))
		}
	}
	return nil
}

// list is languages as the engine takes them.
func list(languages, known []string) (string, error) {
	return strings.Join(languages, "+"), CheckLanguages(languages, known)
}
