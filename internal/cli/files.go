package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"dpp"
	"dpp/client"
	"dpp/internal/pack"
	"dpp/internal/runs"
)

// sendFiles uploads the local files that inputs name as "@path" and puts the uploads
// there. A text is only taken for a file where the pack's schema has a file and can
// have no text.
func (s *session) sendFiles(ctx context.Context, api *client.Client, packType string, inputs jsontext.Value) (jsontext.Value, error) {
	if !bytes.Contains(inputs, []byte(`"@`)) {
		return inputs, nil
	}
	offer, err := api.Pack(ctx, packType)
	var refused *client.Error
	if errors.As(err, &refused) && refused.Problem.Reason == dpp.ReasonNotFound {
		return inputs, nil // the submit says it better
	}
	if err != nil {
		return nil, err
	}
	paths, err := localFiles(offer.InputsSchema, inputs)
	if err != nil || len(paths) == 0 {
		return inputs, err
	}
	places := slices.Sorted(maps.Keys(paths))
	for _, at := range places { // none is sent before all are found
		if err := checkFile(paths[at]); err != nil {
			return nil, &usageError{"the file at " + at + ": " + err.Error()}
		}
	}
	sent := map[string]dpp.UploadID{}
	for _, at := range places {
		path := paths[at]
		if _, done := sent[path]; done {
			continue
		}
		upload, err := s.sendFile(ctx, api, path)
		if err != nil {
			return nil, fmt.Errorf("the file at %s: %w", at, err)
		}
		sent[path] = upload.ID
	}
	return putUploads(inputs, paths, sent)
}

// checkFile tells whether a file can be sent.
func checkFile(path string) error {
	info, err := os.Stat(path)
	var reason *fs.PathError
	switch {
	case errors.As(err, &reason):
		return fmt.Errorf("%s: %w", path, reason.Err)
	case err != nil:
		return err
	case !info.Mode().IsRegular():
		return fmt.Errorf("%s is no regular file", path)
	case info.Size() == 0:
		return fmt.Errorf("%s is empty", path)
	case info.Size() > runs.MaxUpload:
		return fmt.Errorf("%s is larger than %d MiB", path, runs.MaxUpload>>20)
	default:
		return nil
	}
}

func (s *session) sendFile(ctx context.Context, api *client.Client, path string) (dpp.UploadView, error) {
	f, err := os.Open(path) //nolint:gosec // the caller names it
	if err != nil {
		return dpp.UploadView{}, err
	}
	defer f.Close() //nolint:errcheck // it was only read
	info, err := f.Stat()
	if err != nil {
		return dpp.UploadView{}, err
	}
	head := make([]byte, 512) // as many as are looked at
	n, err := f.ReadAt(head, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return dpp.UploadView{}, err
	}
	upload, err := api.Upload(ctx, mediaTypeOf(path, head[:n]), filepath.Base(path), f, info.Size())
	if err == nil {
		s.sent = true
		s.say("%s was sent as %s", path, upload.ID)
	}
	return upload, err
}

// textTypes are types that no look at the bytes could tell.
var textTypes = map[string]string{
	".csv": "text/csv", ".tsv": "text/tab-separated-values", ".md": "text/markdown", ".markdown": "text/markdown", ".json": "application/json",
	".jsonl": "application/x-ndjson", ".ndjson": "application/x-ndjson", ".txt": "text/plain", ".html": "text/html", ".htm": "text/html", ".xml": "text/xml",
}

// mediaTypeOf is what a file is declared as: by its name for kinds of text, by its
// bytes for images and PDF, and else nothing in particular, as the server looks itself.
func mediaTypeOf(path string, head []byte) string {
	if named, ok := textTypes[strings.ToLower(filepath.Ext(path))]; ok {
		return named
	}
	found, _, _ := strings.Cut(http.DetectContentType(head), ";")
	if strings.HasPrefix(found, "image/") || found == "application/pdf" || found == "text/plain" {
		return found
	}
	return "application/octet-stream"
}

// putUploads writes inputs anew, byte for byte but for the places in paths.
func putUploads(inputs jsontext.Value, paths map[string]string, sent map[string]dpp.UploadID) (jsontext.Value, error) {
	var out bytes.Buffer
	from, to := jsontext.NewDecoder(bytes.NewReader(inputs)), jsontext.NewEncoder(&out)
	for {
		token, err := from.ReadToken()
		if errors.Is(err, io.EOF) {
			return out.Bytes(), nil
		}
		if err != nil {
			return nil, fmt.Errorf("inputs: %w", err)
		}
		path, ok := paths[string(from.StackPointer())]
		if ok && token.Kind() == '"' && isValue(from) {
			err = to.WriteValue(jsontext.Value(`{"kind":"upload","upload_id":` + strconv.Quote(string(sent[path])) + `}`))
		} else {
			err = to.WriteToken(token)
		}
		if err != nil {
			return nil, fmt.Errorf("inputs: %w", err)
		}
	}
}

// isValue tells whether the token that was just read is a value, and no name.
func isValue(d *jsontext.Decoder) bool {
	kind, length := d.StackIndex(d.StackDepth())
	return kind != '{' || length%2 == 0
}

// localFiles finds where inputs name local files: their paths by JSON Pointer.
func localFiles(schema, inputs jsontext.Value) (map[string]string, error) {
	var s, v any
	if err := json.Unmarshal(schema, &s); err != nil {
		return nil, fmt.Errorf("the pack's schema: %w", err)
	}
	if err := json.Unmarshal(inputs, &v); err != nil {
		return nil, fmt.Errorf("inputs: %w", err)
	}
	f := &fileFinder{root: s, paths: map[string]string{}}
	f.walk(s, v, nil, 0)
	return f.paths, nil
}

// fileFinder walks inputs and their schema side by side.
type fileFinder struct {
	root  any
	paths map[string]string
}

// deepest bounds schemas that refer to themselves.
const deepest = 64

func (f *fileFinder) walk(schema, value any, at []string, depth int) {
	rules, ok := schema.(map[string]any)
	if !ok || depth > deepest {
		return
	}
	if ref, ok := rules["$ref"].(string); ok {
		if path, isText := value.(string); ref == pack.FileRef && isText && len(path) > 1 && path[0] == '@' {
			f.paths[pack.Pointer(at...)] = path[1:]
		}
		if name, ok := strings.CutPrefix(ref, "#/$defs/"); ok {
			f.walk(member(member(f.root, "$defs"), name), value, at, depth+1)
		}
	}
	for _, keyword := range []string{"allOf", "anyOf", "oneOf"} {
		for _, part := range list(rules[keyword]) {
			f.walk(part, value, at, depth+1)
		}
	}
	for _, keyword := range []string{"then", "else"} {
		f.walk(rules[keyword], value, at, depth+1)
	}
	below := func(schema, value any, name string) {
		f.walk(schema, value, append(at[:len(at):len(at)], name), depth+1)
	}
	switch v := value.(type) {
	case map[string]any:
		for name, inner := range v {
			if own := member(rules["properties"], name); own != nil {
				below(own, inner, name)
			} else {
				below(rules["additionalProperties"], inner, name)
			}
		}
	case []any:
		first := list(rules["prefixItems"])
		for i, inner := range v {
			if i < len(first) {
				below(first[i], inner, strconv.Itoa(i))
			} else {
				below(rules["items"], inner, strconv.Itoa(i))
			}
		}
	}
}

// member is a member of what may be an object; nil where it is not there.
func member(object any, name string) any {
	m, _ := object.(map[string]any)
	return m[name]
}

func list(value any) []any {
	l, _ := value.([]any)
	return l
}
