package pack

import (
	"fmt"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// reference stands in the place of an array that became an artifact.
type reference struct {
	Artifact string `json:"$artifact"`
	Count    int    `json:"count"`
}

// spill moves the largest array of data that may be moved to an artifact. It tells
// whether there was one.
func (s *Sealed) spill(spillable []string) (bool, error) {
	var place string
	var largest jsontext.Value
	for _, pointer := range spillable {
		if v := member(s.Envelope.Data, segments(pointer)); v.Kind() == '[' && len(v) > len(largest) {
			place, largest = pointer, v
		}
	}
	if largest == nil {
		return false, nil
	}
	var items []jsontext.Value
	if err := json.Unmarshal(largest, &items); err != nil {
		return false, fmt.Errorf("pack: data: %w", err)
	}
	name := spillName(place)
	for s.taken(name) { // by an artifact of the pack's own
		name = "data." + name
	}
	ref, err := marshal(reference{Artifact: name, Count: len(items)})
	if err != nil {
		return false, fmt.Errorf("pack: data: %w", err)
	}
	if s.Envelope.Data, err = setMember(s.Envelope.Data, segments(place), ref); err != nil {
		return false, err
	}
	s.Artifacts = append(s.Artifacts, Artifact{Name: name, MediaType: "application/json", Content: largest})
	return true, nil
}

func (s *Sealed) taken(name string) bool {
	return slices.ContainsFunc(s.Artifacts, func(a Artifact) bool { return a.Name == name })
}

func segments(pointer string) []string {
	return slices.Collect(jsontext.Pointer(pointer).Tokens())
}

// spillName is the name of the artifact that what stands at pointer becomes.
func spillName(pointer string) string { return strings.Join(segments(pointer), ".") + ".json" }

// member is what stands at a path through objects; nil where nothing does.
func member(doc jsontext.Value, path []string) jsontext.Value {
	for _, name := range path {
		var members map[string]jsontext.Value
		if err := json.Unmarshal(doc, &members); err != nil {
			return nil
		}
		doc = members[name]
	}
	return doc
}

// setMember returns the document with another value at a path through objects.
func setMember(doc jsontext.Value, path []string, value jsontext.Value) (jsontext.Value, error) {
	if len(path) == 0 {
		return value, nil
	}
	var members map[string]jsontext.Value
	if err := json.Unmarshal(doc, &members); err != nil {
		return nil, fmt.Errorf("pack: data: %w", err)
	}
	inner, err := setMember(members[path[0]], path[1:], value)
	if err != nil {
		return nil, err
	}
	members[path[0]] = inner
	return marshal(members)
}
