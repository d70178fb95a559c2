// Package strictjson reads JSON that strangers wrote. It refuses what two readers
// could understand differently, and writes the rest anew: compact, and without
// members whose value is null, because null means absent.
package strictjson

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// MaxDepth is how deep arrays and objects may be nested in one another.
const MaxDepth = 64

// MaxName is how many bytes of a member's name are worth pointing at; a longer name
// is more of a value.
const MaxName = 64

// Fault says what is wrong with a text, and where. It repeats nothing of the text
// but names of members.
type Fault struct {
	// NotJSON: the text is not JSON at all; all other fields are empty.
	NotJSON bool
	// Pointer is the JSON Pointer of the place.
	Pointer string
	// Code is lower_snake; Message and Expected are for people.
	Code, Message, Expected string
}

func (f *Fault) Error() string {
	if f.NotJSON {
		return "not JSON"
	}
	return f.Code
}

// Normalize checks a text and writes it anew. It returns a [*Fault], the first one
// in reading order, for
//
//   - what is not JSON in UTF-8, or nothing at all (NotJSON);
//   - duplicate names, data behind the value, nesting beyond [MaxDepth];
//   - strings with U+0000, a lone surrogate or invalid UTF-8;
//   - integers beyond ±(2^53−1) and numbers that no float64 comes near.
//
// The result is JSON that every reader understands alike; numbers and strings stand
// in it as they were written.
func Normalize(text []byte) (jsontext.Value, error) {
	n := normalizer{
		dec: jsontext.NewDecoder(bytes.NewBuffer(text), jsontext.AllowInvalidUTF8(true)), // strings are judged here
		out: make([]byte, 0, len(text)),
	}
	if err := n.value(); err != nil {
		return nil, n.fault(err)
	}
	if _, err := n.dec.ReadToken(); !errors.Is(err, io.EOF) {
		return nil, &Fault{Code: "trailing_data", Message: "There is something behind the JSON value.", Expected: "one JSON object"}
	}
	return n.out, nil
}

type normalizer struct {
	dec *jsontext.Decoder
	out []byte
}

// fault makes the decoder's own complaints into faults.
func (n *normalizer) fault(err error) error {
	var syntax *jsontext.SyntacticError
	switch {
	case errors.As(err, new(*Fault)):
		return err
	case errors.Is(err, jsontext.ErrDuplicateName) && errors.As(err, &syntax):
		return &Fault{Pointer: shorten(syntax.JSONPointer), Code: "duplicate", Message: "The object has this name twice."}
	default:
		return &Fault{NotJSON: true}
	}
}

// at is a fault at the value that was read last.
func (n *normalizer) at(code, message, expected string) error {
	return &Fault{Pointer: shorten(n.dec.StackPointer()), Code: code, Message: message, Expected: expected}
}

func (n *normalizer) value() error {
	if kind := n.dec.PeekKind(); kind == '{' {
		return n.nested('}', n.member)
	} else if kind == '[' {
		return n.nested(']', n.item)
	}
	raw, err := n.dec.ReadValue()
	if err != nil {
		return err
	}
	if kind := raw.Kind(); kind == '"' {
		err = n.checkString(raw)
	} else if kind == '0' {
		err = n.checkNumber(raw)
	}
	n.out = append(n.out, raw...)
	return err
}

// nested copies an array or object whose items each reads.
func (n *normalizer) nested(end jsontext.Kind, each func() error) error {
	open, err := n.dec.ReadToken()
	if err != nil {
		return err
	}
	if n.dec.StackDepth() > MaxDepth {
		return &Fault{Pointer: shorten(n.dec.StackPointer()), Code: "too_deep", Message: "Arrays and objects are nested too deep.", Expected: "at most 64 levels"}
	}
	n.out = append(n.out, byte(open.Kind()))
	for n.dec.PeekKind() != end {
		if err := each(); err != nil {
			return err
		}
	}
	if _, err := n.dec.ReadToken(); err != nil {
		return err
	}
	n.out = append(n.out, byte(end))
	return nil
}

func (n *normalizer) item() error {
	n.comma('[')
	return n.value()
}

// member copies a name and its value, or nothing where the value is null.
func (n *normalizer) member() error {
	name, err := n.dec.ReadValue()
	if err != nil {
		return err
	}
	before := len(n.out)
	n.comma('{')
	n.out = append(append(n.out, name...), ':')
	if err := n.checkString(name); err != nil {
		return parent(err)
	}
	if n.dec.PeekKind() == 'n' {
		n.out = n.out[:before]
		_, err := n.dec.ReadValue()
		return err
	}
	return n.value()
}

// parent moves a fault from a member to its object: the name itself is at fault.
func parent(err error) error {
	var f *Fault
	if errors.As(err, &f) && f.Pointer != "" {
		f.Pointer = f.Pointer[:strings.LastIndexByte(f.Pointer, '/')]
	}
	return err
}

// comma separates an item from the one before it.
func (n *normalizer) comma(open byte) {
	if n.out[len(n.out)-1] != open {
		n.out = append(n.out, ',')
	}
}

// shorten cuts a pointer before the first name that is too long, or no text.
func shorten(p jsontext.Pointer) string {
	end := 0
	for _, token := range strings.Split(string(p), "/")[1:] {
		if len(token) > MaxName || !utf8.ValidString(token) || strings.ContainsRune(token, utf8.RuneError) {
			break
		}
		end += 1 + len(token)
	}
	return string(p)[:end]
}
