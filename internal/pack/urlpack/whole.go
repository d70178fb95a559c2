package urlpack

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"dpp/internal/pack"
)

// form is one of the forms in which a text is given.
type form string

const (
	formMarkdown form = "markdown"
	formText     form = "text"
	formHTML     form = "html"
)

const (
	// maxWhole is how many characters of a text are kept at most.
	maxWhole = 2_000_000
	// maxArtifacts bounds the files of a run, in bytes.
	maxArtifacts = 16 << 20
)

// wholeText is a text that was cut for the result and goes into a file.
type wholeText struct {
	form form
	text string
}

// give sets a text, cut at a number of characters, and keeps all of it where it is.
func (p *Page) give(to **string, text string, chars int, f form) {
	short, cut := cutText(text, chars)
	*to = &short
	if cut {
		p.keepWhole(f, limit(text, maxWhole))
	}
}

func (p *Page) keepWhole(f form, text string) {
	p.Truncated = true
	p.whole = append(p.whole, wholeText{f, text})
}

// countChars tells the length of the text given: Markdown, else text, else HTML.
func (p *Page) countChars() {
	for _, text := range []*string{p.Markdown, p.Text, p.HTML} {
		if text != nil {
			p.Chars = utf8.RuneCountInString(*text)
			return
		}
	}
}

// file is the name and media type of a form's file for the URL at a place of the inputs.
func (f form) file(i int) (name, mediaType string) {
	switch f {
	case formMarkdown:
		return fmt.Sprintf("pages-%d.md", i), "text/markdown; charset=utf-8"
	case formHTML:
		return fmt.Sprintf("pages-%d.html", i), "text/html; charset=utf-8"
	default:
		return fmt.Sprintf("pages-%d.txt", i), "text/plain; charset=utf-8"
	}
}

// shelf gathers the files of a run.
type shelf struct {
	files []pack.Artifact
	left  []pack.Discard
	bytes int
}

// put makes files of the texts that were cut of the URL at a place of the inputs,
// and names them in its page. What finds no room is left out.
func (s *shelf) put(i int, p *Page) {
	for _, w := range p.whole {
		if s.bytes+len(w.text) > maxArtifacts {
			s.left = append(s.left, pack.Discard{
				Item: fmt.Sprintf("urls[%d].%s", i, w.form), Reason: "ARTIFACT_LEFT_OUT", Detail: "The files of this run have no room for the whole text.",
			})
			continue
		}
		s.bytes += len(w.text)
		name, media := w.form.file(i)
		s.files = append(s.files, pack.Artifact{Name: name, MediaType: media, Content: []byte(w.text)})
		if p.Artifacts == nil {
			p.Artifacts = make(map[string]string)
		}
		p.Artifacts[string(w.form)] = name
	}
	p.whole = nil
}

// sorted are the files in the order of their names.
func (s *shelf) sorted() []pack.Artifact {
	slices.SortFunc(s.files, func(a, b pack.Artifact) int { return strings.Compare(a.Name, b.Name) })
	return s.files
}
