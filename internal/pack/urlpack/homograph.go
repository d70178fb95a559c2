package urlpack

import (
	"strings"
	"unicode"

	"golang.org/x/net/idna"
	"golang.org/x/net/publicsuffix"
)

// nameRisks are about what a host's name looks like to people. Only the
// registrable domain counts: its owner names everything below as it likes.
func nameRisks(host string) []Risk {
	site := siteOf(host)
	shown, err := idna.ToUnicode(site)
	if err != nil || shown == site {
		return nil
	}
	suffix, _ := publicsuffix.PublicSuffix(site)
	label, _, _ := strings.Cut(shown, ".")
	switch {
	case mixesScripts(label):
		return []Risk{{"mixed_script_host", severityHigh, "The host's name mixes letters of scripts that are not written together, which can imitate another name."}}
	case !strings.Contains(suffix, "xn--") && looksLatin(label):
		return []Risk{{"lookalike_host", severityHigh, "The host's name is written in letters of another script that look like Latin ones."}}
	default:
		return []Risk{{"punycode_host", severityInfo, "The host's name has other letters than those of ASCII."}}
	}
}

// Scripts that are written together, and with Latin letters.
var writtenTogether = [][]string{
	{"Latin", "Han", "Hiragana", "Katakana"},
	{"Latin", "Han", "Bopomofo"},
	{"Latin", "Han", "Hangul"},
}

// mixesScripts tells whether a label has letters of several scripts that no
// language writes together.
func mixesScripts(label string) bool {
	scripts := make(map[string]bool)
	for _, r := range label {
		if name := scriptOf(r); name != "" {
			scripts[name] = true
		}
	}
	if len(scripts) < 2 {
		return false
	}
	for _, together := range writtenTogether {
		known := 0
		for _, name := range together {
			if scripts[name] {
				known++
			}
		}
		if known == len(scripts) {
			return false
		}
	}
	return true
}

// scriptOf is the script of a letter; of what all scripts share it is none.
func scriptOf(r rune) string {
	switch {
	case r < unicode.MaxASCII && unicode.IsLetter(r):
		return "Latin"
	case unicode.In(r, unicode.Common, unicode.Inherited):
		return ""
	}
	for name, table := range unicode.Scripts {
		if unicode.Is(table, r) {
			return name
		}
	}
	return "unknown"
}

// latinLike are letters of other scripts that hardly anybody tells from Latin ones.
const latinLike = "асԁеһіјӏорԛѕԝху" + "ονακρυι" + "օսոհցզյ"

// looksLatin tells whether all letters of a label, which has none of Latin, can be
// taken for Latin ones.
func looksLatin(label string) bool {
	letters := 0
	for _, r := range label {
		if !unicode.IsLetter(r) {
			continue
		}
		if letters++; !strings.ContainsRune(latinLike, r) {
			return false
		}
	}
	return letters > 0
}
