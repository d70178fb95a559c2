package metric

import "strings"

// porter stems an English word of small letters and digits by the algorithm of Porter (An
// algorithm for suffix stripping, 1980) with what NLTK changed of it, which is what
// rouge_score uses: a few words of their own, ies and ied of words of four letters, y behind
// a consonant, alli before the rest of step 2, and fulli and logi in it.
func porter(word string) string {
	if stem, ok := irregular(word); ok {
		return stem
	}
	if len(word) <= 2 {
		return word
	}
	word = plural(word)
	word = past(word)
	if stem, ok := strings.CutSuffix(word, "y"); ok && len(stem) > 1 && consonant(stem, len(stem)-1) {
		word = stem + "i"
	}
	word = doubleSuffix(word)
	word = strip(word, 1, "icate", "ic", "ative", "", "alize", "al", "iciti", "ic", "ical", "ic", "ful", "", "ness", "")
	word = lastSuffix(word)
	return tidy(word)
}

func irregular(word string) (stem string, ok bool) {
	switch word {
	case "sky", "skies":
		return "sky", true
	case "dying", "lying", "tying":
		return word[:1] + "ie", true
	case "innings", "outings", "cannings":
		return word[:len(word)-1], true
	case "inning", "outing", "canning", "news", "howe", "proceed", "exceed", "succeed":
		return word, true
	default:
		return "", false
	}
}

// plural is step 1a.
func plural(word string) string {
	switch {
	case strings.HasSuffix(word, "ies") && len(word) == 4:
		return word[:3]
	case strings.HasSuffix(word, "sses"), strings.HasSuffix(word, "ies"):
		return word[:len(word)-2]
	case strings.HasSuffix(word, "s") && !strings.HasSuffix(word, "ss"):
		return word[:len(word)-1]
	default:
		return word
	}
}

// past is step 1b.
func past(word string) string {
	if stem, ok := strings.CutSuffix(word, "ied"); ok {
		if len(word) == 4 {
			return stem + "ie"
		}
		return stem + "i"
	}
	if stem, ok := strings.CutSuffix(word, "eed"); ok {
		if measure(stem) > 0 {
			return stem + "ee"
		}
		return word
	}
	for _, suffix := range [2]string{"ed", "ing"} {
		if stem, ok := strings.CutSuffix(word, suffix); ok && hasVowel(stem) {
			return mend(stem)
		}
	}
	return word
}

// mend gives what ed or ing was taken from its end back.
func mend(stem string) string {
	last := stem[len(stem)-1]
	switch {
	case strings.HasSuffix(stem, "at"), strings.HasSuffix(stem, "bl"), strings.HasSuffix(stem, "iz"):
		return stem + "e"
	case doubled(stem):
		if last == 'l' || last == 's' || last == 'z' {
			return stem
		}
		return stem[:len(stem)-1]
	case measure(stem) == 1 && short(stem):
		return stem + "e"
	default:
		return stem
	}
}

// doubleSuffix is step 2.
func doubleSuffix(word string) string {
	if stem, ok := strings.CutSuffix(word, "alli"); ok && measure(stem) > 0 {
		return doubleSuffix(stem + "al")
	}
	if strings.HasSuffix(word, "logi") { // the l counts for the stem
		if measure(word[:len(word)-3]) > 0 {
			return word[:len(word)-1]
		}
		return word
	}
	return strip(word, 1, "ational", "ate", "tional", "tion", "enci", "ence", "anci", "ance", "izer", "ize", "bli", "ble",
		"alli", "al", "entli", "ent", "eli", "e", "ousli", "ous", "ization", "ize", "ation", "ate", "ator", "ate",
		"alism", "al", "iveness", "ive", "fulness", "ful", "ousness", "ous", "aliti", "al", "iviti", "ive",
		"biliti", "ble", "fulli", "ful")
}

// lastSuffix is step 4.
func lastSuffix(word string) string {
	if stem, ok := strings.CutSuffix(word, "ion"); ok {
		if measure(stem) > 1 && (strings.HasSuffix(stem, "s") || strings.HasSuffix(stem, "t")) {
			return stem
		}
		return word
	}
	return strip(word, 2, "al", "", "ance", "", "ence", "", "er", "", "ic", "", "able", "", "ible", "", "ant", "",
		"ement", "", "ment", "", "ent", "", "ou", "", "ism", "", "ate", "", "iti", "", "ous", "", "ive", "", "ize", "")
}

// tidy is step 5.
func tidy(word string) string {
	if stem, ok := strings.CutSuffix(word, "e"); ok {
		if m := measure(stem); m > 1 || m == 1 && !short(stem) {
			word = stem
		}
	}
	if strings.HasSuffix(word, "ll") && measure(word[:len(word)-1]) > 1 {
		return word[:len(word)-1]
	}
	return word
}

// strip replaces the first of the suffixes, which come with what replaces them, that the
// word has, if what stands before it measures enough.
func strip(word string, least int, rules ...string) string {
	for ; len(rules) >= 2; rules = rules[2:] {
		stem, ok := strings.CutSuffix(word, rules[0])
		switch {
		case ok && measure(stem) >= least:
			return stem + rules[1]
		case ok:
			return word
		}
	}
	return word
}

// consonant tells whether a letter is one: y is, unless it follows a consonant.
func consonant(word string, i int) bool {
	switch word[i] {
	case 'a', 'e', 'i', 'o', 'u':
		return false
	case 'y':
		run := 0 // of y before it; the first of them is a consonant or follows one
		for i-run-1 >= 0 && word[i-run-1] == 'y' {
			run++
		}
		first := i-run == 0 || !consonant(word, i-run-1)
		return first == (run%2 == 0)
	default:
		return true
	}
}

// measure counts how often a consonant follows a vowel.
func measure(word string) int {
	n, vowel := 0, false
	for i := range len(word) {
		c := consonant(word, i)
		if c && vowel {
			n++
		}
		vowel = !c
	}
	return n
}

func hasVowel(word string) bool {
	for i := range len(word) {
		if !consonant(word, i) {
			return true
		}
	}
	return false
}

func doubled(word string) bool {
	n := len(word)
	return n >= 2 && word[n-1] == word[n-2] && consonant(word, n-1)
}

// short tells whether a word ends with a consonant, a vowel and a consonant that is not w, x
// or y, or is a vowel and a consonant.
func short(word string) bool {
	n := len(word)
	if n == 2 {
		return !consonant(word, 0) && consonant(word, 1)
	}
	return n >= 3 && consonant(word, n-3) && !consonant(word, n-2) && consonant(word, n-1) && !strings.ContainsAny(word[n-1:], "wxy")
}
