package labelled

import (
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"dpp/internal/pack/compliancepack/recognise"
)

// Check digits are those of numbers that authorities print as examples.
func TestCheckDigitsAreThoseOfPublishedNumbers(t *testing.T) {
	for name, c := range map[string]struct{ got, want string }{
		"a test card":           {string(luhn("411111111111111")), "1"},
		"ISO 13616's example":   {ibanOf("GB", "WEST12345698765432"), "GB82WEST12345698765432"},
		"a German account":      {ibanOf("DE", "370400440532013000"), "DE89370400440532013000"},
		"Verhoeff's example":    {string(verhoeff("236")), "3"},
		"a tax number":          {string(mod11x10("8609574271")), "9"},
		"ICAO's number":         {string(mrzCheck("L898902C3")), "6"},
		"ICAO's date":           {string(mrzCheck("740812")), "2"},
		"the first block":       {base58Check(append([]byte{0}, 0x62, 0xe9, 0x07, 0xb1, 0x5c, 0xbf, 0x27, 0xd5, 0x42, 0x53, 0x99, 0xeb, 0xf6, 0xf0, 0xfb, 0x50, 0xeb, 0xb8, 0x8f, 0x18)), "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa"},
		"a Spanish number":      {string(nifLetter(12345678)), "Z"},
		"an address of BIP 173": {bech32("bc", append([]byte{0}, fives(0x75, 0x1e, 0x76, 0xe8, 0x19, 0x91, 0x96, 0xd4, 0x54, 0x94, 0x1c, 0x45, 0xd1, 0xb3, 0xa3, 0x23, 0xf1, 0x43, 0x3b, 0xd6)...)), "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"},
	} {
		if c.got != c.want {
			t.Errorf("%s: %s, want %s", name, c.got, c.want)
		}
	}
}

// fives are bytes as groups of five bits.
func fives(content ...byte) (groups []byte) {
	bits, n := 0, 0
	for _, b := range content {
		bits, n = bits<<8|int(b), n+8
		for ; n >= 5; n -= 5 {
			groups = append(groups, byte(bits>>(n-5)&31))
		}
	}
	return groups
}

// Each kind of value stands in more than one form or surroundings, often enough to count.
func TestEveryKindIsPlanted(t *testing.T) {
	all, err := Documents()
	if err != nil {
		t.Fatal(err)
	}
	planted := map[string]int{}
	names := map[string]bool{}
	for _, d := range all {
		names[d.Name] = true
		end := 0
		for _, v := range d.Values {
			if v.Start < end || v.End <= v.Start || v.End > len(d.Text) || strings.TrimSpace(d.Text[v.Start:v.End]) != d.Text[v.Start:v.End] {
				t.Errorf("%s: %+v behind %d", d.Name, v, end)
			}
			planted[v.Kind]++
			end = v.End
		}
		if strings.ContainsAny(d.Text, "⟦⟧") {
			t.Errorf("%s has places that are left", d.Name)
		}
	}
	for _, k := range recognise.Kinds() {
		if planted[k.ID] < 2*Copies {
			t.Errorf("%d values of kind %s", planted[k.ID], k.ID)
		}
	}
	if planted[Secret] < 20*Copies || len(names) < 40 {
		t.Errorf("%d secrets in documents of %d kinds", planted[Secret], len(names))
	}
	again, err := Documents()
	if err != nil || !reflect.DeepEqual(all, again) {
		t.Errorf("they are others the second time, %v", err)
	}
}

func TestPlacesThatAreNone(t *testing.T) {
	for _, text := range []string{"⟦no such kind⟧", "⟦~no such thing⟧", "⟦email", "⟦⟧"} {
		if d, err := fill("a", text, rand.New(rand.NewPCG(1, 2))); err == nil {
			t.Errorf("%q became %q", text, d.Text)
		}
	}
	d, err := fill("a", "⟦*3⟧a ⟦~##⟧ ⟦us_ssn bare⟧\n", rand.New(rand.NewPCG(1, 2)))
	if err != nil || strings.Count(d.Text, "\n") != 3 || len(d.Values) != 3 || d.Values[2].Kind != "us_ssn" || d.Values[0].Start != 5 || d.Values[0].End != 14 {
		t.Errorf("%+v, %v", d, err)
	}
}

// Notices lack each element now and then, and have it now and then.
func TestNoticesLackSomething(t *testing.T) {
	all, err := Notices()
	if err != nil {
		t.Fatal(err)
	}
	lack := map[string]int{}
	for _, n := range all {
		for _, e := range n.Lacks {
			lack[e]++
		}
	}
	for _, e := range Elements() {
		if lack[e] < notices/20 || lack[e] > notices*19/20 {
			t.Errorf("%d of %d lack %s", lack[e], len(all), e)
		}
	}
	if _, err := readParagraphs("+ controler\nText"); err == nil {
		t.Error("an element that is none was taken")
	}
	whole, err := readParagraphs("* \nPrivacy.\n\n+ controller ? withdrawal\nWho and what.\n\n- \nNothing.")
	if err != nil || len(whole) != 3 || !whole[0].first || !slices.Equal(whole[1].gives, []string{"controller"}) || !slices.Equal(whole[1].raises, []string{"withdrawal"}) {
		t.Errorf("%+v, %v", whole, err)
	}
}
