package metric

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

func TestTokenizers(t *testing.T) {
	for _, c := range []struct {
		name, text string
		want       string // words, with a bar between
	}{
		{"13a", "One, two: 3.5 or 1,000.", "One|,|two|:|3.5|or|1,000|."},
		{"13a", "wait.. (what?!)", "wait|.|.|(|what|?|!|)"},
		{"13a", "9-to-5 e-mail 5-", "9|-|to-5|e-mail|5|-"},
		{"13a", "it's 'so'", "it's|'so'"},
		{"13a", "&quot;x&quot; &amp;lt; R&amp;D", `"|x|"|<|R|&|D`},
		{"13a", "end<skipped>less, hyphen-\nated\nlines", "endless|,|hyphenated|lines"},
		{"13a", "„x“ 5€", "„x“|5€"},
		{"intl", "One, two: 3.5 or 1,000.", "One|,|two|:|3.5|or|1,000."}, // as mteval-v14 has it
		{"intl", "„x“ 5€ a+b", "„|x|“|5|€|a|+|b"},
		{"intl", "²-1", "²-1"},
		{"zh", "我们, 3.5ＡＢ。", "我|们|,|3.5|Ａ|Ｂ|。"},
		{"zh", "a—b 𠀀𠀁", "a|—|b|𠀀𠀁"},
		{"char", "ab c\u0301", "a|b|c|\u0301"},
		{"none", " a,b\u00a0c\u001fd ", "a,b|c|d"},
		{"none", "", ""},
	} {
		got := strings.Join(newTokenizer(c.name).words(nil, c.text), "|")
		if got != c.want {
			t.Errorf("%s of %q: %s, want %s", c.name, c.text, got, c.want)
		}
	}
}

func TestWordsOfROUGE(t *testing.T) {
	for _, c := range []struct {
		stem, unicode bool
		text, want    string
	}{
		{false, false, "Hello, WORLD_2 don't", "hello|world|2|don|t"},
		{false, false, "Привет naïve 北京", "na|ve"},
		{true, false, "running flies was hopping", "run|fli|was|hop"},
		{false, true, "Привет naïve 北京 e\u0301te", "привет|naïve|北|京|e\u0301te"},
		{true, true, "Привет running", "привет|run"},
		{false, false, "\u212aelvin", "kelvin"}, // the sign of kelvin becomes a k
	} {
		w := rougeWords{lower: newLower(), stem: c.stem, unicode: c.unicode}
		if got := strings.Join(w.words(nil, c.text), "|"); got != c.want {
			t.Errorf("%q: %s, want %s", c.text, got, c.want)
		}
	}
}

func TestSpokenWords(t *testing.T) {
	for text, want := range map[string]string{
		"": "", "a": "a", "a b": "a|b", "a  b": "a|b", "a\tb c": "a\tb|c", "a\t\tb": "a|b", "a \u00a0b": "a|b", "a\u00a0b": "a\u00a0b",
	} {
		if got := strings.Join(spoken(nil, text), "|"); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

// drawText makes texts of what tokenizers treat in special ways.
func drawText(t *rapid.T, label string) string {
	return strings.Join(rapid.SliceOfN(rapid.SampledFrom([]string{
		"the ", "a ", "cat ", "dog", "Dog", ".", ", ", "1", "2.5 ", "-", "\n", "\t", "  ", "é", "e\u0301", "北", "京 ", "“", "€", "&amp;", "x",
	}), 0, 14).Draw(t, label), "")
}

// Words hold what is not white space, in its order, for all tokenizers that add and take
// away nothing; 13a takes entities and line breaks away.
func TestTokenizersKeepWhatIsThere(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(rapid.String(), rapid.Custom(func(t *rapid.T) string { return drawText(t, "text") })).Draw(t, "text")
		name := rapid.SampledFrom([]string{"intl", "zh", "char", "none"}).Draw(t, "tokenizer")
		tok := newTokenizer(name)
		words := tok.words(nil, text)
		if got, want := strings.Join(words, ""), strings.Join(fields(nil, text), ""); got != want {
			t.Fatalf("%q became %q", want, got)
		}
		if slices.Contains(words, "") || slices.ContainsFunc(words, func(w string) bool { return strings.IndexFunc(w, isSpace) >= 0 }) {
			t.Fatalf("%q", words)
		}
		if again := tok.words(nil, text); !slices.Equal(words, again) {
			t.Fatalf("%q, then %q", words, again)
		}
	})
}

func TestPlainAndCharactersTwice(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := drawText(t, "text")
		for _, name := range []string{"char", "none"} {
			once := newTokenizer(name).words(nil, text)
			if twice := newTokenizer(name).words(nil, strings.Join(once, " ")); !slices.Equal(once, twice) {
				t.Fatalf("%q, then %q", once, twice)
			}
		}
	})
}

func FuzzTokenizers(f *testing.F) {
	f.Add("One, two: 3.5 or 1,000.", true)
	f.Add("“北京” &amp;lt; <skipped>-\n 𠀀 e\u0301 5- ..,", false)
	f.Add("\x1c\xff\u2028ΟΔΟΣ İ", true)
	f.Fuzz(func(t *testing.T, text string, lowercase bool) {
		text = strings.ToValidUTF8(text, "\ufffd")
		if lowercase {
			text = newLower().text(text)
		}
		for _, name := range []string{"13a", "intl", "zh", "char", "none"} {
			for _, word := range newTokenizer(name).words(nil, text) {
				if word == "" || strings.IndexFunc(word, isSpace) >= 0 || !utf8.ValidString(word) {
					t.Fatalf("%s has the word %q", name, word)
				}
			}
		}
		for _, unicode := range []bool{false, true} {
			w := rougeWords{lower: newLower(), stem: true, unicode: unicode}
			if slices.Contains(w.words(nil, text), "") {
				t.Fatal("ROUGE has an empty word")
			}
		}
		newSquad().tokens(text)
		spoken(nil, strings.TrimFunc(text, isSpace))
	})
}
