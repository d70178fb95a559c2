package recognise

import (
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

// planted are values of every kind, and what resembles them.
func planted() []string {
	return []string{
		"jo@example.org", "a@b", "+44 20 7946 0018", "(415) 555-0132", "4111 1111 1111 1111", "4111-1111-1111-1112",
		"DE02 1203 0000 0000 2020 51", "346-73-1350", "946-73-1350", "Z12803456", "2665-3378-0", "900115-1181772",
		"900113-5563399", "417-00-89955", "M123A4567", "11-68-271885-78", "AB 12 34 56 C", "238 311 2526", "3327 1297 7839",
		"12345678Z", "X1234567L", "RSSMRA85T10A562S", "90011149450", "32 279 305 265", "492-339-494", "63289478485",
		"131052-308T", "L898902C36UTO7408122F1204159ZE184226B<<<<<10", "born 12 March 1985", "생년월일 1985년 3월 12일",
		"203.0.113.7", "2001:db8::1/32", "fe80::1%eth0", "00:1A:2B:3C:4D:5E", "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa",
		"ssn", "passport", "card", "version", "주민등록번호", " ", "\n", "-", ".", ",", ":", "@", "+", "(", ")", "/", "<", "é", "\xff", "1", "a", "_",
	}
}

func text(t *rapid.T) string {
	return strings.Join(rapid.SliceOfN(rapid.OneOf(rapid.SampledFrom(planted()), rapid.String()), 0, 30).Draw(t, "parts"), "")
}

// check tells what must hold of findings.
func check(t interface {
	Errorf(format string, args ...any)
}, text string, found []Finding,
) {
	end := 0
	for _, f := range found {
		if f.Start < end || f.End <= f.Start || f.End > len(text) || f.Confidence <= 0 || f.Confidence > 1 || f.Kind == "" {
			t.Errorf("%q: %+v behind %d", text, f, end)
			return
		}
		if !utf8.RuneStart(text[f.Start]) || f.End < len(text) && utf8.ValidString(text) && !utf8.RuneStart(text[f.End]) {
			t.Errorf("%q: %+v cuts a character", text, f)
		}
		end = f.End
	}
}

func TestFindingsLieInTheTextAndApart(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := text(t)
		found, _ := Find(t.Context(), text, nil, Options{})
		check(t, text, found)
		again, _ := Find(t.Context(), text, nil, Options{})
		if len(again) != len(found) {
			t.Errorf("%d findings, then %d", len(found), len(again))
		}
	})
}

// A value stands alone, so what surrounds it at a distance changes nothing but its confidence.
func TestAValueIsFoundWhereverItStands(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		value := rapid.SampledFrom(planted()).Draw(t, "value")
		alone, _ := Find(t.Context(), value, nil, Options{})
		before, behind := text(t)+"; \n", "\n ;"+text(t)
		found, _ := Find(t.Context(), before+value+behind, nil, Options{})
		for _, want := range alone {
			covered := false
			for _, f := range found {
				covered = covered || f.Start < want.End+len(before) && f.End > want.Start+len(before)
			}
			if !covered {
				t.Errorf("%q is not found between %q and %q", value, before, behind)
			}
		}
	})
}

// perByte bounds how many bytes recognisers look at for each byte of a text.
const perByte = 400

func TestWorkGrowsWithTheTextAlone(t *testing.T) {
	work := func(text string) int {
		s := newScanner(text, nil, Options{})
		s.scan(t.Context())
		return s.steps
	}
	small, large := hostile(1<<12), hostile(1<<14)
	for name, text := range large {
		once, more := work(small[name]), work(text)
		if more > perByte*len(text) {
			t.Errorf("%s: %d bytes are looked at in %d", name, more, len(text))
		}
		if more > 5*once+1<<12 {
			t.Errorf("%s: four times the text takes %d steps, once %d", name, more, once)
		}
	}
}

func FuzzFind(f *testing.F) {
	for _, value := range planted() {
		f.Add(value)
	}
	for _, text := range hostile(300) {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s := newScanner(text, nil, Options{Regions: []string{"US", "DE", "KR", "IN", "IT", "AR"}})
		s.scan(t.Context())
		if s.steps > perByte*len(text) {
			t.Errorf("%d bytes are looked at in %d", s.steps, len(text))
		}
		check(t, text, s.settled())
		for _, kind := range s.kinds {
			alone, _ := Find(t.Context(), text, []string{kind.ID}, Options{})
			check(t, text, alone)
			for _, f := range alone {
				if f.Kind != kind.ID {
					t.Errorf("%s was asked for, %s found", kind.ID, f.Kind)
				}
			}
		}
	})
}

func TestTables(t *testing.T) {
	shared := shared()
	known := map[string]bool{}
	for _, k := range shared.kinds {
		if k.ID == "" || known[k.ID] || k.Title == "" || k.Source == "" || len(k.Words) == 0 || k.Bare > k.Grouped || k.Grouped > k.Named || k.Named > 1 {
			t.Errorf("kind %+v lacks something", k)
		}
		known[k.ID] = true
		for _, word := range k.Words {
			if word != strings.ToLower(word) {
				t.Errorf("%s is not in lower case", word)
			}
		}
	}
	if len(Kinds()) != kindCount || len(shared.accounts) < 80 || len(shared.plans) < 240 {
		t.Errorf("%d kinds, %d countries of accounts, %d plans of numbers", len(Kinds()), len(shared.accounts), len(shared.plans))
	}
	for region, p := range shared.plans {
		if p.sizes == 0 || p.expression() == nil || strings.HasPrefix(p.expression().String(), `\z`) {
			t.Errorf("no plan of numbers for %s", region)
		}
	}
}
