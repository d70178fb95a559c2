package config

import (
	"errors"
	"io"
	"os"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// maxFile bounds the configuration file.
const maxFile = 1 << 20

var (
	errFileSize  = errors.New("is larger than 1 MiB")
	errFileJSON  = errors.New("is not one JSON object with every name once")
	errFileValue = errors.New("is neither text, number, true, false nor a list of texts")
)

func readFile(path, where string) (map[string]string, error) {
	content, err := readBounded(path)
	if err != nil {
		return nil, &Error{Where: where, Why: "the file cannot be read: " + err.Error()}
	}
	return parseFile(content, where)
}

func readBounded(path string) ([]byte, error) {
	f, err := os.Open(path) //nolint:gosec // the operator names it
	if err != nil {
		return nil, err
	}
	defer f.Close() //nolint:errcheck // it was only read
	content, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err == nil && len(content) > maxFile {
		err = errFileSize
	}
	return content, err
}

// parseFile reads a JSON object of settings. A list stands for its texts with
// commas between; null for nothing.
func parseFile(content []byte, where string) (map[string]string, error) {
	var raw map[string]jsontext.Value
	if err := json.Unmarshal(content, &raw); err != nil {
		return nil, &Error{Where: where, Why: "the file " + errFileJSON.Error()}
	}
	values := make(map[string]string, len(raw))
	for _, s := range Settings() {
		value, ok := raw[s.Key()]
		if !ok {
			continue
		}
		delete(raw, s.Key())
		if value.Kind() == 'n' {
			continue
		}
		text, err := fileValue(value)
		if err != nil {
			return nil, &Error{Where: "file: " + s.Key(), Why: err.Error()}
		}
		values[s.Key()] = text
	}
	unknown := ""
	for key := range raw {
		if unknown == "" || key < unknown {
			unknown = key
		}
	}
	if len(raw) > 0 {
		return nil, &Error{Where: "file: " + sayable(unknown), Why: "there is no such setting"}
	}
	return values, nil
}

func fileValue(value jsontext.Value) (string, error) {
	switch value.Kind() {
	case 't', 'f', '0':
		return string(value), nil
	case '"':
		var text string
		err := json.Unmarshal(value, &text)
		return text, err
	case '[':
		var list []string
		if err := json.Unmarshal(value, &list); err != nil {
			return "", errFileValue
		}
		return strings.Join(list, ","), nil
	default:
		return "", errFileValue
	}
}
