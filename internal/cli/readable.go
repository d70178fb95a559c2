package cli

import (
	"bytes"
	"errors"
	"io"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// readableWidth is how long a line may be that holds more than one value.
const readableWidth = 100

// readable lays a document out for people: what fits into one line stays in one.
// Names, order, texts and numbers are the document's own.
func readable(document []byte) ([]byte, error) {
	d := jsontext.NewDecoder(bytes.NewReader(document))
	text, err := layOut(d, "", 0)
	if err != nil {
		return nil, err
	}
	if _, err := d.ReadToken(); !errors.Is(err, io.EOF) {
		return nil, errors.New("there is something behind the document")
	}
	return []byte(text + "\n"), nil
}

// layOut reads one value. It will stand behind indent and so many bytes of a name.
func layOut(d *jsontext.Decoder, indent string, name int) (string, error) {
	kind := d.PeekKind()
	if kind != jsontext.KindBeginObject && kind != jsontext.KindBeginArray {
		value, err := d.ReadValue()
		return string(value), err
	}
	begin, err := d.ReadToken()
	if err != nil {
		return "", err
	}
	opened := begin.String()
	var parts []string
	for k := d.PeekKind(); k != jsontext.KindEndObject && k != jsontext.KindEndArray; k = d.PeekKind() {
		part, err := layOutPart(d, kind, indent+"  ")
		if err != nil {
			return "", err
		}
		parts = append(parts, part)
	}
	end, err := d.ReadToken()
	if err != nil {
		return "", err
	}
	line := opened + strings.Join(parts, ", ") + end.String()
	if len(indent)+name+len(line) <= readableWidth && !strings.Contains(line, "\n") {
		return line, nil
	}
	inner := "\n" + indent + "  "
	return opened + inner + strings.Join(parts, ","+inner) + "\n" + indent + end.String(), nil
}

// layOutPart reads an element of an array, or a member of an object with its name.
func layOutPart(d *jsontext.Decoder, of jsontext.Kind, indent string) (string, error) {
	name := ""
	if of == jsontext.KindBeginObject {
		text, err := d.ReadValue()
		if err != nil {
			return "", err
		}
		name = string(text) + ": "
	}
	value, err := layOut(d, indent, len(name))
	return name + value, err
}
