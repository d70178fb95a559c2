package compliancepack

import (
	"html"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"dpp/internal/pack/compliancepack/redact"
)

// view is a text as a reader of its format sees it, with the way back to where it stands in
// the document: `jo\u0040example.org` in JSON is an address, and `jo&#64;example.org` in HTML.
type view struct {
	text   string
	pieces []piece
}

// piece is a part of a view that stands differently in the document: view bytes from v0 to v1
// are document bytes from r0 to r1.
type piece struct{ v0, v1, r0, r1 int32 }

// start is where in the document what begins at an offset of the view begins.
func (v *view) start(offset int) int {
	i := v.after(offset + 1)
	if i == 0 {
		return offset
	}
	p := v.pieces[i-1]
	if offset < int(p.v1) {
		return int(p.r0)
	}
	return int(p.r1) + offset - int(p.v1)
}

// end is where in the document what ends at an offset of the view ends.
func (v *view) end(offset int) int {
	i := v.after(offset)
	if i == 0 {
		return offset
	}
	p := v.pieces[i-1]
	if offset <= int(p.v1) {
		return int(p.r1)
	}
	return int(p.r1) + offset - int(p.v1)
}

// after is how many pieces begin before an offset of the view.
func (v *view) after(offset int) int {
	i, _ := slices.BinarySearchFunc(v.pieces, offset, func(p piece, at int) int {
		if int(p.v0) < at {
			return -1
		}
		return 1
	})
	return i
}

// viewer builds a view.
type viewer struct {
	b      strings.Builder
	pieces []piece
}

// replace writes what stands for the document's bytes from r0 to r1.
func (w *viewer) replace(by string, r0, r1 int) {
	v0 := w.b.Len()
	w.b.WriteString(by)
	if last := len(w.pieces) - 1; by == "" && last >= 0 && int(w.pieces[last].v1) == v0 && int(w.pieces[last].r1) == r0 {
		w.pieces[last].r1 = int32(r1) //nolint:gosec // documents have at most a few MiB
		return
	}
	w.pieces = append(w.pieces, piece{int32(v0), int32(w.b.Len()), int32(r0), int32(r1)}) //nolint:gosec // the same
}

func (w *viewer) view() view { return view{w.b.String(), w.pieces} }

// sourceView undoes the escapes of a format. Escapes are undone wherever they stand, strings or
// not, so that a document that is not well-formed is looked at in the same way.
func sourceView(text string, f format) view {
	switch f {
	case formatJSON, formatYAML:
		return undo(text, '\\', escape)
	case formatHTML, formatMarkdown:
		return undo(text, '&', entity)
	default:
		return view{text: text}
	}
}

// undo replaces what begins with a mark, as far as read knows it: it gives what that stands for
// and how long it is.
func undo(text string, mark byte, read func(string) (string, int)) view {
	if strings.IndexByte(text, mark) < 0 {
		return view{text: text}
	}
	var w viewer
	w.b.Grow(len(text))
	undoInto(&w, text, 0, mark, read)
	return w.view()
}

func undoInto(w *viewer, text string, offset int, mark byte, read func(string) (string, int)) {
	at := 0
	for {
		next := strings.IndexByte(text[at:], mark)
		if next < 0 {
			w.b.WriteString(text[at:])
			return
		}
		w.b.WriteString(text[at : at+next])
		at += next
		by, size := read(text[at:])
		if size == 0 {
			w.b.WriteByte(mark)
			at++
			continue
		}
		w.replace(by, offset+at, offset+at+size)
		at += size
	}
}

// joinedView is a text that was read by OCR without spaces beside an @, where engines break
// addresses in two.
func joinedView(text string) view {
	var w viewer
	at := 0
	for i := range len(text) {
		if text[i] != '@' {
			continue
		}
		before, behind := i, i+1
		if i >= 2 && text[i-1] == ' ' && i-1 >= at {
			before--
		}
		if behind < len(text) && text[behind] == ' ' {
			behind++
		}
		w.b.WriteString(text[at:before])
		if behind-before > 1 {
			w.replace("@", before, behind)
		} else {
			w.b.WriteByte('@')
		}
		at = behind
	}
	w.b.WriteString(text[at:])
	return w.view()
}

// escape reads an escape of JSON or YAML.
func escape(text string) (by string, size int) {
	if len(text) < 2 {
		return "", 0
	}
	digits := map[byte]int{'x': 2, 'u': 4, 'U': 8}[text[1]]
	if digits == 0 {
		const names, values = `"\/ntrbf0`, "\"\\/\n\t\r \f "
		if i := strings.IndexByte(names, text[1]); i >= 0 {
			return values[i : i+1], 2
		}
		return "", 0
	}
	first, ok := hex(text, 2, digits)
	if !ok {
		return "", 0
	}
	if utf16.IsSurrogate(first) && strings.HasPrefix(text[6:], `\u`) {
		if second, ok := hex(text, 8, 4); ok {
			if r := utf16.DecodeRune(first, second); r != utf8.RuneError {
				return string(r), 12
			}
		}
	}
	return string(first), 2 + digits // what is no character becomes U+FFFD
}

func hex(text string, from, digits int) (rune, bool) {
	if len(text) < from+digits {
		return 0, false
	}
	n, err := strconv.ParseUint(text[from:from+digits], 16, 32)
	if err != nil || n > utf8.MaxRune {
		return 0, false
	}
	return rune(n), true
}

// maxEntity is the longest name of a character, and more digits than a character's number has.
const maxEntity = 33

// entity reads a character reference of HTML.
func entity(text string) (by string, size int) {
	size = 1
	number := len(text) > 1 && text[1] == '#'
	for size < min(len(text), maxEntity) && inEntity(text[size], number) {
		size++
	}
	if size < len(text) && text[size] == ';' {
		size++
	}
	if by = html.UnescapeString(text[:size]); by == text[:size] {
		return "", 0
	}
	return by, size
}

// inEntity tells of characters of a reference, by name or by number.
func inEntity(c byte, number bool) bool {
	if number {
		return c == '#' || c|0x20 == 'x' || c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'f'
	}
	return c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z'
}

// masked writes a short text with masks in place of spans.
func masked(text string, spans []redact.Span) string {
	if len(spans) == 0 {
		return text
	}
	return redact.Redact(text, spans, redact.Text)
}
