package layout

import (
	"regexp"
	"strings"
	"unicode"
)

// Markdown writes parts as CommonMark with tables of GitHub's. Each word stands in it as it
// is, but for backslashes before what Markdown would misread.
func Markdown(elements []Element) string {
	var b strings.Builder
	for i, e := range elements {
		if i > 0 {
			b.WriteString("\n")
			if e.Kind != ListItem || elements[i-1].Kind != ListItem {
				b.WriteString("\n")
			}
		}
		switch e.Kind {
		case Heading:
			b.WriteString(strings.Repeat("#", e.Level) + " " + strings.ReplaceAll(escape(e.Text), "\n", " "))
		case ListItem:
			b.WriteString(e.Marker + " " + lines(e.Text, strings.Repeat(" ", len(e.Marker)+1)))
		case Table:
			writeTable(&b, e.Rows)
		default:
			b.WriteString(lines(e.Text, ""))
		}
	}
	if b.Len() > 0 {
		b.WriteByte('\n')
	}
	return b.String()
}

// lines are those of a text, with an end that Markdown keeps, each but the first one
// indented.
func lines(text, indent string) string {
	var b strings.Builder
	for i, l := range strings.Split(text, "\n") {
		if i > 0 {
			b.WriteString("\\\n" + indent)
		}
		b.WriteString(atStart(escape(l)))
	}
	return b.String()
}

// writeTable takes the first row for the header, as Markdown has no table without one.
func writeTable(b *strings.Builder, rows [][]string) {
	for i, row := range rows {
		for k, text := range row {
			if k == 0 {
				b.WriteString("|")
			}
			b.WriteString(" " + escape(text) + " |")
		}
		if i == 0 {
			b.WriteString("\n|" + strings.Repeat(" --- |", len(row)))
		}
		if i < len(rows)-1 {
			b.WriteByte('\n')
		}
	}
}

// escape puts backslashes before what has a meaning anywhere in a line.
func escape(text string) string {
	var b strings.Builder
	runes := []rune(text)
	for i, r := range runes {
		switch r {
		case '\\', '`', '*', '[', ']', '<', '>', '|', '~', '&':
			b.WriteByte('\\')
		case '_': // within a word it is one
			if i == 0 || i == len(runes)-1 || !isWord(runes[i-1]) || !isWord(runes[i+1]) {
				b.WriteByte('\\')
			}
		}
		b.WriteRune(r)
	}
	return b.String()
}

func isWord(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

// starts are what begins a heading, an item or a rule at the start of a line.
var starts = regexp.MustCompile(`^(#{1,6}( |$)|[-+=]|\d{1,9}[.)]( |$))`)

// atStart puts a backslash before that.
func atStart(text string) string {
	if !starts.MatchString(text) {
		return text
	}
	if i := strings.IndexAny(text, ".)"); text[0] >= '0' && text[0] <= '9' {
		return text[:i] + "\\" + text[i:]
	}
	return "\\" + text
}
