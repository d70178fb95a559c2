// Package labelled makes documents of which it is known where personal values and secrets
// stand: letters, logs, tables, code, forms and notices as offices and machines write them, with
// values of every kind, and beside them what looks like values and is none.
//
// A value is one that would be a person's or open something if the document were real. What is
// none, though it may have a value's form: numbers of orders, parcels, articles, devices and
// books, dates, versions, identifiers, hashes, and the numbers, addresses and keys that
// manuals print as examples, such as test cards, example.com and 192.0.2.1. Words that ask
// for a value are none either.
//
// All check digits are computed here, by what their authorities publish: nothing is taken
// from the recognisers that are measured with it.
package labelled

import (
	"embed"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"strings"

	"dpp/internal/number"
)

// Document is a text with what it holds.
type Document struct {
	Name, Text string
	Values     []Value // in the order of the text
}

// Value is a personal value or a secret, at offsets in bytes.
type Value struct {
	Kind       string // as recognisers are called; [Secret] for all secrets
	Start, End int
}

// Secret is the kind of keys, tokens and passwords.
const Secret = "secret"

//go:embed documents/*.txt
var files embed.FS

// Copies is how often each document is made, with other values each time.
const Copies = 12

// Documents makes all of them. They are the same each time.
func Documents() ([]Document, error) {
	names, err := fs.Glob(files, "documents/*")
	if err != nil {
		return nil, err
	}
	var all []Document
	for i, name := range names {
		text, err := files.ReadFile(name)
		if err != nil {
			return nil, err
		}
		for n := range Copies {
			d, err := fill(strings.TrimSuffix(strings.TrimPrefix(name, "documents/"), ".txt"), string(text), rand.New(rand.NewPCG(number.Stream(uint64(i), uint64(n)))))
			if err != nil {
				return nil, err
			}
			all = append(all, d)
		}
	}
	return all, nil
}

// fill puts values into a document's places. A place is ⟦kind⟧ or ⟦kind form⟧ for a value,
// ⟦~name⟧ or a pattern, as ⟦~##-####⟧, for something else, and ⟦*n⟧ at the beginning of a line
// that stands there n times.
func fill(name, text string, r *rand.Rand) (Document, error) {
	d := Document{Name: name}
	var b strings.Builder
	for line := range strings.Lines(text) {
		times := 1
		if _, err := fmt.Sscanf(line, "⟦*%d⟧", &times); err == nil {
			_, line, _ = strings.Cut(line, "⟧")
		}
		for range times {
			if err := d.fillLine(&b, line, r); err != nil {
				return d, fmt.Errorf("%s: %w", name, err)
			}
		}
	}
	d.Text = b.String()
	return d, nil
}

func (d *Document) fillLine(b *strings.Builder, line string, r *rand.Rand) error {
	for {
		before, rest, found := strings.Cut(line, "⟦")
		b.WriteString(before)
		if !found {
			return nil
		}
		place, after, closed := strings.Cut(rest, "⟧")
		if !closed {
			return fmt.Errorf("%q has no end", rest)
		}
		line = after
		start := b.Len()
		text, kind, err := made(place, r)
		if err != nil {
			return err
		}
		b.WriteString(text)
		if kind != "" {
			d.Values = append(d.Values, Value{kind, start, b.Len()})
		}
	}
}

// made is what a place gets; the kind is empty where that is no value.
func made(place string, r *rand.Rand) (text, kind string, err error) {
	if name, is := strings.CutPrefix(place, "~"); is {
		maker, known := others()[name]
		switch {
		case known:
			return maker(r), "", nil
		case strings.ContainsAny(name, "#*@"):
			return patterned(name, r), "", nil
		}
		return "", "", fmt.Errorf("there is nothing called %q", name)
	}
	kind, _, _ = strings.Cut(place, " ")
	maker, known := values()[place]
	if !known {
		return "", "", fmt.Errorf("there is no value %q", place)
	}
	return maker(r), kind, nil
}

type maker func(*rand.Rand) string

// patterned has a digit for each #, a small hexadecimal digit for each *, a capital for each @,
// and anything else as it stands.
func patterned(pattern string, r *rand.Rand) string {
	return strings.Map(func(c rune) rune {
		switch c {
		case '#':
			return rune("0123456789"[r.IntN(10)])
		case '*':
			return rune("0123456789abcdef"[r.IntN(16)])
		case '@':
			return 'A' + rune(r.IntN(26))
		}
		return c
	}, pattern)
}

func oneOf(choices ...string) maker {
	return func(r *rand.Rand) string { return choices[r.IntN(len(choices))] }
}

// letters are so many of an alphabet.
func letters(r *rand.Rand, alphabet string, n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = alphabet[r.IntN(len(alphabet))]
	}
	return string(b)
}

// Alphabets.
const (
	digits   = "0123456789"
	capitals = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	small    = "abcdefghijklmnopqrstuvwxyz"
	hex      = "0123456789abcdef"
	mixed    = digits + capitals + small
)
