package pack_test

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"dpp"
	"dpp/internal/pack"
)

// items is an array of count hundreds of kilobytes, in texts of ten each.
func items(count int) []string {
	return slices.Repeat([]string{strings.Repeat("x", 10<<10-3)}, 10*count)
}

type object = map[string]any

func names(s *pack.Sealed) []string {
	out := make([]string, len(s.Artifacts))
	for i, a := range s.Artifacts {
		out[i] = a.Name
	}
	return out
}

func TestSealSpillsUntilItFits(t *testing.T) {
	for _, c := range []struct {
		name      string
		data      object
		spillable []string
		want      []string // the artifacts, in the order of spilling
	}{
		{"what fits is left", object{"a": items(10)}, []string{"/a"}, nil},
		{"the one that is there, named twice", object{"a": items(11), "b": 1}, []string{"/a", "/nowhere", "/b", "/a"}, []string{"a.json"}},
		{"the largest is enough", object{"a": items(4), "b": items(5), "c": items(3)}, []string{"/a", "/b", "/c"}, []string{"b.json"}},
		{"the largest first, then the next", object{"a": items(6), "b": items(7), "c": items(5)}, []string{"/c", "/b", "/a"}, []string{"b.json", "a.json"}},
		{"only what may be", object{"a": items(4), "b": items(9)}, []string{"/a"}, []string{"a.json"}},
		{"inside of objects, which are no arrays", object{"o": object{"p": object{"list": items(11)}, "q": 1}}, []string{"/o", "/o/p", "/o/p/list"}, []string{"o.p.list.json"}},
		{"beside each other in an object", object{"o": object{"a": items(6), "b": items(7)}, "c": items(5)}, []string{"/o/a", "/o/b"}, []string{"o.b.json", "o.a.json"}},
	} {
		sealed := seal(t, &pack.Outcome{Data: c.data}, c.spillable...)
		if got := names(sealed); !slices.Equal(got, c.want) {
			t.Errorf("%s: spilled %q, want %q", c.name, got, c.want)
		}
		wantWhole(t, sealed)
		wantRestored(t, c.name, sealed, c.data)
	}
}

// wantRestored puts artifacts back in their places and wants the data as it was.
func wantRestored(t *testing.T, name string, sealed *pack.Sealed, data any) {
	t.Helper()
	content := map[string]jsontext.Value{}
	for _, a := range sealed.Artifacts {
		if a.MediaType != "application/json" {
			t.Errorf("%s: %s is %s", name, a.Name, a.MediaType)
		}
		content[a.Name] = a.Content
	}
	var restore func(v any) any
	restore = func(v any) any {
		members, ok := v.(map[string]any)
		if !ok {
			return v
		}
		if artifact, ok := members["$artifact"].(string); ok {
			var list []any
			if err := json.Unmarshal(content[artifact], &list); err != nil || fmt.Sprint(members["count"]) != fmt.Sprint(len(list)) || len(members) != 2 {
				t.Errorf("%s: in the place of %s stands %v, %v", name, artifact, members, err)
			}
			return list
		}
		for key, member := range members {
			members[key] = restore(member)
		}
		return members
	}
	var got any
	if err := json.Unmarshal(sealed.Envelope.Data, &got); err != nil {
		t.Fatal(err)
	}
	restored, err := json.Marshal(restore(got), json.Deterministic(true))
	if err != nil {
		t.Fatal(err)
	}
	if want, err := json.Marshal(data, json.Deterministic(true)); err != nil || !bytes.Equal(restored, want) {
		t.Errorf("%s: restored, the data is not what it was (%v)", name, err)
	}
}

func TestSealRefusesWhatCannotFit(t *testing.T) {
	for name, c := range map[string]struct {
		data      object
		spillable []string
	}{
		"nothing may be spilled": {object{"a": items(11)}, nil},
		"something else may be, or something below an array, or the data as a whole": {
			object{"a": []any{object{"c": items(11)}}, "b": []int{}}, []string{"/b", "/c", "/a/0", "/a/0/c", ""},
		},
		"a text, not an array":  {object{"a": strings.Repeat("x", pack.MaxEnvelope)}, []string{"/a"}},
		"the rest is too large": {object{"a": items(2), "b": items(11)}, []string{"/a"}},
	} {
		if sealed, err := pack.Seal(started(), &pack.Outcome{Data: c.data}, c.spillable); !errors.Is(err, pack.ErrTooLarge) || sealed != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Exactly the bound fits as it is, and a byte more is spilled.
func TestSealAtTheBound(t *testing.T) {
	data := func(more int) *pack.Outcome {
		return &pack.Outcome{Data: object{"a": []string{strings.Repeat("x", more)}}}
	}
	room := pack.MaxEnvelope - len(seal(t, data(0)).Bytes)
	if sealed := seal(t, data(room), "/a"); len(sealed.Bytes) != pack.MaxEnvelope || len(sealed.Artifacts) != 0 {
		t.Errorf("%d bytes with %d artifacts", len(sealed.Bytes), len(sealed.Artifacts))
	}
	if sealed := seal(t, data(room+1), "/a"); len(sealed.Artifacts) != 1 {
		t.Errorf("%d bytes with %d artifacts", len(sealed.Bytes), len(sealed.Artifacts))
	}
}

func TestSealSpillsBesideThePacksOwnArtifacts(t *testing.T) {
	own := append(make([]pack.Artifact, 0, 3), pack.Artifact{Name: "a.json", Content: []byte("own")}, pack.Artifact{Name: "data.a.json", Content: []byte("own, too")})
	sealed := seal(t, &pack.Outcome{
		Data: object{"a": items(11)}, Artifacts: own, Stopped: dpp.StopTimebox, Remaining: object{"urls": []string{"http://h"}},
	}, "/a")
	if got := names(sealed); !slices.Equal(got, []string{"a.json", "data.a.json", "data.data.a.json"}) {
		t.Errorf("the artifacts are %q", got)
	}
	if want := `{"a":{"$artifact":"data.data.a.json","count":110},"remaining":{"urls":["http://h"]}}`; string(sealed.Envelope.Data) != want {
		t.Errorf("the data is %s, want %s", sealed.Envelope.Data, want)
	}
	wantWhole(t, sealed)
	if behind := own[:3][2]; behind.Name != "" {
		t.Errorf("the spilled artifact was put into the pack's own slice: %s", behind.Name)
	}
}
