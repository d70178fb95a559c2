package compliancepack

import (
	"strings"
	"unicode/utf8"
)

// locator finds lines, columns and code points of offsets that come in ascending order, with
// one pass over the text.
type locator struct {
	text  string
	paged bool // a form feed ends a page, and lines begin anew
	at    int
	point int // code points before at
	begin int // code points before the line that at is in
	line  int
	page  int
}

func newLocator(text string, paged bool) *locator {
	return &locator{text: text, paged: paged, line: 1, page: 1}
}

// move goes to an offset that is not before the last one.
func (l *locator) move(offset int) {
	for l.at < offset {
		rest := l.text[l.at:offset]
		next := strings.IndexByte(rest, '\n')
		if l.paged {
			if feed := strings.IndexByte(rest, '\f'); feed >= 0 && (next < 0 || feed < next) {
				next = feed
			}
		}
		if next < 0 {
			l.point += utf8.RuneCountInString(rest)
			l.at = offset
			return
		}
		l.point += utf8.RuneCountInString(rest[:next]) + 1
		l.at += next + 1
		l.begin = l.point
		if rest[next] == '\f' {
			l.page++
			l.line = 1
		} else {
			l.line++
		}
	}
}

// location is where something stands in a document. Lines, columns and pages count from 1,
// columns and offsets in code points; the end is behind the last one.
type location struct {
	Line    int    `json:"line"`
	Column  int    `json:"column"`
	Start   int    `json:"start"`
	End     int    `json:"end"`
	Pointer string `json:"pointer,omitzero"`
	Page    int    `json:"page,omitzero"`

	endLine, endColumn int // for SARIF
}

// locate tells where bytes from start to end are.
func (l *locator) locate(start, end int) location {
	l.move(start)
	place := location{Line: l.line, Column: l.point - l.begin + 1, Start: l.point, End: l.point + utf8.RuneCountInString(l.text[start:end])}
	if l.paged {
		place.Page = l.page
	}
	past := *l
	past.move(end)
	place.endLine, place.endColumn = past.line, past.point-past.begin+1
	return place
}
