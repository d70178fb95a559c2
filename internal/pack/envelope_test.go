package pack_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"pgregory.net/rapid"

	"dpp"
	"dpp/internal/pack"
)

// started is what is known of an execution before its outcome.
func started() pack.Envelope {
	return pack.Envelope{
		RunID: "run_06e17v4yfdxbs3ff04hmasw9nc", PackType: "url", PackVersion: "1.2.0", Status: dpp.StatusCompleted,
		GeneratedAt: dpp.Time{Time: time.Date(2026, 1, 31, 13, 0, 0, 123_456_789, time.FixedZone("", 3600))},
		Cost:        pack.EnvelopeCost{Reserved: 250_000, Used: 2_100, MinimumFee: 5_000},
		Usage:       []pack.Usage{{Unit: "page", Quantity: 2, Cost: 2_000}, {Unit: "token", Quantity: 600, Cost: 100}},
		Meta:        pack.EnvelopeMeta{TraceID: "t-1", ProfileVersion: "1.2.0-abcdef01"},
	}
}

func seal(t *testing.T, o *pack.Outcome, spillable ...string) *pack.Sealed {
	t.Helper()
	sealed, err := pack.Seal(started(), o, spillable)
	if err != nil {
		t.Fatal(err)
	}
	return sealed
}

func sumOf(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}

func compact(t *testing.T, text string) string {
	t.Helper()
	value := jsontext.Value(text)
	if err := value.Compact(); err != nil {
		t.Fatal(err)
	}
	return string(value)
}

const head = `"schema_version": "1.0", "run_id": "run_06e17v4yfdxbs3ff04hmasw9nc", "pack_type": "url", "pack_version": "1.2.0", "status": "COMPLETED",
	"generated_at": "2026-01-31T12:00:00.123Z"`

const costAndUsage = `"cost": {"reserved_usd": "0.2500", "used_usd": "0.0021", "minimum_fee_usd": "0.0050"},
	"usage": [{"unit": "page", "quantity": 2, "cost_usd": "0.0020"}, {"unit": "token", "quantity": 600, "cost_usd": "0.0001"}]`

func TestSealWritesTheEnvelope(t *testing.T) {
	least := seal(t, &pack.Outcome{Data: struct{}{}, Reliability: dpp.FullScore})
	if got, want := string(least.Bytes), compact(t, `{`+head+`, "reliability": 1, "partial": false, `+costAndUsage+`, "data": {}, "artifacts": {},
		"logs": {"discard_log": [], "blocked_log": []}, "meta": {"trace_id": "t-1", "profile_version": "1.2.0-abcdef01"}}`); got != want {
		t.Errorf("the least envelope is\n%s\nwant\n%s", got, want)
	}
	wantWhole(t, least)
	most := seal(t, &pack.Outcome{
		Data: map[string]any{"b": 1, "a": []string{"x"}}, Reliability: 500_000, Reasons: []string{"few pages"},
		Artifacts: []pack.Artifact{{Name: "page.html", MediaType: "text/html", Content: []byte("<p>")}},
		Discarded: []pack.Discard{{Item: "3", Reason: "TOO_LONG", Detail: "d"}, {URL: "http://h", Reason: "R", Detail: ""}},
		Blocked:   []pack.Block{{URL: "http://h", Hop: 1, Reason: "PRIVATE", AddressClass: "loopback"}, {URL: "http://i", Reason: "SCHEME"}},
		Stopped:   dpp.StopCostLimit, Remaining: map[string]any{"urls": []string{"http://j"}},
	})
	if got, want := string(most.Bytes), compact(t, `{`+head+`, "reliability": 0.5, "reliability_reasons": ["few pages"], "partial": true, "stop_reason": "COST_LIMIT", `+costAndUsage+`,
		"data": {"a": ["x"], "b": 1, "remaining": {"urls": ["http://j"]}},
		"artifacts": {"page.html": {"media_type": "text/html", "sha256": "`+sumOf([]byte("<p>"))+`", "size_bytes": 3}},
		"logs": {"discard_log": [{"item": "3", "reason": "TOO_LONG", "detail": "d"}, {"url": "http://h", "reason": "R", "detail": ""}],
			"blocked_log": [{"url": "http://h", "hop": 1, "reason": "PRIVATE", "address_class": "loopback"}, {"url": "http://i", "hop": 0, "reason": "SCHEME"}]},
		"meta": {"trace_id": "t-1", "profile_version": "1.2.0-abcdef01"}}`); got != want {
		t.Errorf("an envelope with all is\n%s\nwant\n%s", got, want)
	}
	wantWhole(t, most)
}

// wantWhole checks what holds of everything sealed.
func wantWhole(t *testing.T, s *pack.Sealed) {
	t.Helper()
	if len(s.Bytes) > pack.MaxEnvelope || s.SHA256 != sumOf(s.Bytes) || s.SHA256 != pack.SumHex(s.Bytes) {
		t.Errorf("%d bytes with the sum %s", len(s.Bytes), s.SHA256)
	}
	if len(s.Artifacts) != len(s.Envelope.Artifacts) {
		t.Errorf("%d artifacts, %d named", len(s.Artifacts), len(s.Envelope.Artifacts))
	}
	for _, a := range s.Artifacts {
		want := pack.ArtifactRef{MediaType: a.MediaType, SHA256: sumOf(a.Content), Size: int64(len(a.Content))}
		if got := s.Envelope.Artifacts[a.Name]; got != want {
			t.Errorf("artifact %s is named as %+v, but it is %+v", a.Name, got, want)
		}
	}
	read, err := pack.ReadEnvelope(s.Bytes)
	if err != nil || !reflect.DeepEqual(*read, s.Envelope) {
		t.Errorf("read again, %v, it is\n%.600s\nsealed was\n%.600s", err, fmt.Sprintf("%+v", read), fmt.Sprintf("%+v", s.Envelope))
	}
}

func TestSealRefusesMistakesOfThePack(t *testing.T) {
	good := func() *pack.Outcome { return &pack.Outcome{Data: struct{}{}} }
	stopped := func(remaining any) *pack.Outcome {
		return &pack.Outcome{Data: struct{}{}, Stopped: dpp.StopTimebox, Remaining: remaining}
	}
	named := func(names ...string) *pack.Outcome {
		o := good()
		for _, name := range names {
			o.Artifacts = append(o.Artifacts, pack.Artifact{Name: name})
		}
		return o
	}
	for name, o := range map[string]*pack.Outcome{
		"no data":                   {},
		"data that is a list":       {Data: []int{1}},
		"data that is a text":       {Data: "x"},
		"data that is null":         {Data: jsontext.Value("null")},
		"data that is no JSON":      {Data: jsontext.Value("{")},
		"data with a name twice":    {Data: jsontext.Value(`{"a":1,"a":2}`)},
		"data that cannot be":       {Data: map[string]any{"f": func() {}}},
		"a reliability above one":   {Data: struct{}{}, Reliability: dpp.FullScore + 1},
		"a reliability below zero":  {Data: struct{}{}, Reliability: -1},
		"stopped, nothing remains":  stopped(nil),
		"stopped, a list remains":   stopped([]string{"http://h"}),
		"stopped, no JSON remains":  stopped(jsontext.Value("}")),
		"the envelope's own name":   named(pack.EnvelopeName),
		"one name twice":            named("a.txt", "b.txt", "a.txt"),
		"no name":                   named(""),
		"a name with a folder":      named("a/b.txt"),
		"a folder above":            named(".."),
		"a hidden name":             named(".a"),
		"a name in upper case":      named("A.txt"),
		"a name with a space":       named("a b"),
		"a name with a break":       named("a\n"),
		"a name that is no ASCII":   named("é.txt"),
		"a name that is very long":  named(strings.Repeat("a", 101)),
		"a name with a zero inside": named("a\x00b"),
	} {
		if sealed, err := pack.Seal(started(), o, nil); err == nil || errors.Is(err, pack.ErrTooLarge) || sealed != nil {
			t.Errorf("%s: %v, %v", name, sealed, err)
		}
	}
	if _, err := pack.Seal(started(), named("a.txt", "b-1_2.tar.gz", strings.Repeat("a", 100)), nil); err != nil {
		t.Errorf("good names are refused: %v", err)
	}
}

func TestSealMendsText(t *testing.T) {
	broken := "a\xffb"
	sealed := seal(t, &pack.Outcome{
		Data: map[string]any{"text": broken, broken: 1}, Discarded: []pack.Discard{{URL: broken, Reason: "R"}}, Reasons: []string{broken},
		Stopped: dpp.StopTimebox, Remaining: map[string]string{"u": broken},
	})
	if !jsontext.Value(sealed.Bytes).IsValid() || strings.Count(string(sealed.Bytes), "a\ufffdb") != 5 {
		t.Errorf("sealed as %s", sealed.Bytes)
	}
}

// The same outcome gives the same bytes, however its maps are walked.
func TestSealIsDeterministic(t *testing.T) {
	outcome := func() *pack.Outcome {
		data := map[string]any{}
		for i := range 30 {
			data[fmt.Sprintf("k%d", i)] = map[string]int{"b": i, "a": i, "c": i}
		}
		return &pack.Outcome{
			Data: data, Artifacts: []pack.Artifact{{Name: "b"}, {Name: "a"}, {Name: "c"}},
			Stopped: dpp.StopTimebox, Remaining: map[string]any{"y": 1, "x": 2, "z": 3},
		}
	}
	first := seal(t, outcome())
	for range 5 {
		if again := seal(t, outcome()); !bytes.Equal(again.Bytes, first.Bytes) || again.SHA256 != first.SHA256 {
			t.Fatalf("sealed as\n%s\nand as\n%s", first.Bytes, again.Bytes)
		}
	}
}

func TestSealLeavesTheOutcomeAlone(t *testing.T) {
	o := &pack.Outcome{Data: jsontext.Value(`{"b": 1, "a": 2}`), Artifacts: make([]pack.Artifact, 1, 2), Stopped: dpp.StopTimebox, Remaining: struct{}{}}
	o.Artifacts[0].Name = "a"
	want := *o
	want.Artifacts = []pack.Artifact{{Name: "a"}}
	seal(t, o)
	if !reflect.DeepEqual(*o, want) {
		t.Errorf("the outcome became %+v", o)
	}
}

// What is sealed is read as the same, and what is kept of the outcome is in it.
func TestReadEnvelopeGivesWhatWasSealed(t *testing.T) {
	text := rapid.String()
	value := rapid.OneOf(
		rapid.Map(text, func(s string) any { return s }), rapid.Map(rapid.Int32(), func(n int32) any { return n }),
		rapid.Map(rapid.SliceOf(text), func(s []string) any { return s }), rapid.Just[any](nil), rapid.Just[any](map[string]any{"<&>": true}),
	)
	rapid.Check(t, func(t *rapid.T) {
		o := &pack.Outcome{
			Data: rapid.MapOfN(text, value, 0, 5).Draw(t, "data"), Reliability: dpp.Score(rapid.Int32Range(0, 1_000_000).Draw(t, "reliability")),
			Reasons:   rapid.SliceOfN(text, 1, 3).Draw(t, "reasons"),
			Discarded: []pack.Discard{{URL: text.Draw(t, "url"), Item: text.Draw(t, "item"), Reason: "R", Detail: text.Draw(t, "detail")}},
			Blocked:   []pack.Block{{URL: text.Draw(t, "blocked"), Hop: rapid.Int().Draw(t, "hop")}},
		}
		for _, name := range rapid.SliceOfNDistinct(rapid.StringMatching(`[a-z0-9][a-z0-9._-]{0,8}`), 0, 3, rapid.ID).Draw(t, "artifacts") {
			o.Artifacts = append(o.Artifacts, pack.Artifact{Name: name, MediaType: "text/plain", Content: []byte(text.Draw(t, name))})
		}
		if rapid.Bool().Draw(t, "stopped") {
			o.Stopped, o.Remaining = dpp.StopTimebox, map[string]string{"rest": text.Draw(t, "rest")}
		}
		e := started()
		if rapid.Bool().Draw(t, "failed") {
			required := dpp.Score(rapid.Int32Range(0, 1_000_000).Draw(t, "required"))
			e.Status, e.Error = dpp.StatusFailed, &pack.EnvelopeError{Reason: dpp.ReasonReliabilityNotMet, Detail: "d", Hint: "h", Required: &required}
		}
		sealed, err := pack.Seal(e, o, nil)
		if err != nil {
			t.Fatal(err)
		}
		read, err := pack.ReadEnvelope(sealed.Bytes)
		if err != nil || !reflect.DeepEqual(*read, sealed.Envelope) {
			t.Fatalf("%v: read is %+v\nsealed was %+v", err, read, sealed.Envelope)
		}
		if read.Reliability != o.Reliability || read.Stop != o.Stopped || read.Partial != (o.Stopped != "") ||
			!reflect.DeepEqual(read.Logs, pack.Logs{Discarded: o.Discarded, Blocked: o.Blocked}) || len(read.Artifacts) != len(o.Artifacts) {
			t.Fatalf("read is %+v\nof %+v", read, o)
		}
	})
}

func TestReadEnvelopeRefuses(t *testing.T) {
	good := string(seal(t, &pack.Outcome{Data: struct{}{}}).Bytes)
	for name, text := range map[string]string{
		"nothing":             "",
		"no JSON":             good[:len(good)-1],
		"more behind":         good + "{}",
		"a list":              "[" + good + "]",
		"a name twice":        `{"run_id":"a","run_id":"b"}`,
		"an amount as number": strings.Replace(good, `"0.0021"`, `0.0021`, 1),
		"an amount too fine":  strings.Replace(good, `"0.0021"`, `"0.00211"`, 1),
		"a negative amount":   strings.Replace(good, `"0.0021"`, `"-0.0021"`, 1),
		"no reliability":      strings.Replace(good, `"reliability":0`, `"reliability":1.5`, 1),
		"no time":             strings.Replace(good, `2026-01-31T`, `2026-02-31T`, 1),
	} {
		if text == good {
			t.Fatalf("%s: nothing was changed", name)
		}
		if e, err := pack.ReadEnvelope([]byte(text)); err == nil || e != nil {
			t.Errorf("%s is read as %+v", name, e)
		}
	}
	large := bytes.Repeat([]byte(" "), pack.MaxEnvelope+1)
	copy(large, good)
	if _, err := pack.ReadEnvelope(large); !errors.Is(err, pack.ErrTooLarge) {
		t.Errorf("too large: %v", err)
	}
	if _, err := pack.ReadEnvelope(large[:pack.MaxEnvelope]); err != nil {
		t.Errorf("just not too large: %v", err)
	}
}

// What is accepted holds amounts and scores that are, and is the same when it is
// written and read again.
func FuzzReadEnvelope(f *testing.F) {
	for _, o := range []*pack.Outcome{
		{Data: struct{}{}},
		{Data: map[string]int{"a": 1}, Reliability: 1, Reasons: []string{"r"}, Stopped: dpp.StopTimebox, Remaining: struct{}{}, Artifacts: []pack.Artifact{{Name: "a", Content: []byte("x")}}},
	} {
		sealed, err := pack.Seal(started(), o, nil)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(sealed.Bytes)
	}
	f.Add([]byte(`{"error":{"required":0.5},"generated_at":"9999-12-31T23:59:59-01:00"}`))
	f.Add([]byte(`null`))
	f.Fuzz(func(t *testing.T, text []byte) {
		first, err := pack.ReadEnvelope(text)
		if err != nil {
			return
		}
		if !first.Reliability.Valid() || first.Cost.Used < 0 || first.Cost.Used > dpp.MaxAmount || !first.Cost.Used.Whole() {
			t.Errorf("read as %+v", first)
		}
		written, err := json.Marshal(first, json.Deterministic(true))
		if err != nil {
			t.Fatal(err)
		}
		second, err := pack.ReadEnvelope(written)
		if err != nil {
			t.Fatal(err)
		}
		if again, err := json.Marshal(second, json.Deterministic(true)); err != nil || !bytes.Equal(again, written) {
			t.Errorf("written as\n%s\nand, read again, as\n%s, %v", written, again, err)
		}
	})
}
