package strictjson_test

import (
	"bytes"
	stdjson "encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"

	"dpp/internal/api/strictjson"
)

func TestNormalize(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{`{}`, `{}`},
		{" \t\r\n{ \"a\" : [ 1 , 2 ] } \n", `{"a":[1,2]}`},
		{`{"a":null}`, `{}`},
		{`{"a":null,"b":1,"c":null,"d":{"e":null},"f":null}`, `{"b":1,"d":{}}`},
		{`[null,{"a":null},null]`, `[null,{},null]`},
		{`null`, `null`},
		{`"text"`, `"text"`},
		{`{"é":"\u00e9\n"}`, `{"é":"\u00e9\n"}`},
		{`"\ud83d\ude00"`, `"\ud83d\ude00"`},
		{`"\\ud800"`, `"\\ud800"`},
		{`[9007199254740991,-9007199254740991,1e308,1.5,-0,0.0,1e-5,9007199254740991.0]`, `[9007199254740991,-9007199254740991,1e308,1.5,-0,0.0,1e-5,9007199254740991.0]`},
		{`[0e999,0.000]`, `[0e999,0.000]`},
		{strings.Repeat("[", 64) + strings.Repeat("]", 64), strings.Repeat("[", 64) + strings.Repeat("]", 64)},
	} {
		got, err := strictjson.Normalize([]byte(c.in))
		if err != nil || string(got) != c.want {
			t.Errorf("%s: %s %v, want %s", c.in, got, err, c.want)
		}
	}
}

func TestNormalizeRefuses(t *testing.T) {
	long := strings.Repeat("n", strictjson.MaxName+1)
	for _, c := range []struct {
		name, in      string
		code, pointer string
	}{
		{"a duplicate", `{"a":1,"a":2}`, "duplicate", "/a"},
		{"a duplicate in other words", `{"a":1,"\u0061":2}`, "duplicate", "/a"},
		{"a duplicate of a null", `{"x":{"a":null,"a":2}}`, "duplicate", "/x/a"},
		{"trailing data", `{}{}`, "trailing_data", ""},
		{"trailing nonsense", `{} x`, "trailing_data", ""},
		{"U+0000", `{"a":["x\u0000"]}`, "invalid_text", "/a/0"},
		{"U+0000 in a name", `{"b":{"a\u0000":1}}`, "invalid_text", "/b"},
		{"a high surrogate", `{"a":"\ud800"}`, "invalid_text", "/a"},
		{"a high surrogate before text", `{"a":"\ud800\u0041"}`, "invalid_text", "/a"},
		{"a low surrogate", `{"a":"\udc00x"}`, "invalid_text", "/a"},
		{"two high surrogates", `{"a":"\ud800\ud800\udc00"}`, "invalid_text", "/a"},
		{"invalid UTF-8", "{\"a\":\"\xff\"}", "invalid_text", "/a"},
		{"a surrogate as UTF-8", "{\"a\":\"\xed\xa0\x80\"}", "invalid_text", "/a"},
		{"invalid UTF-8 in a name", "{\"\xff\":1}", "invalid_text", ""},
		{"2^53", `{"a":9007199254740992}`, "out_of_range", "/a"},
		{"2^53+1", `{"a":9007199254740993}`, "out_of_range", "/a"},
		{"-2^53", `{"a":-9007199254740992}`, "out_of_range", "/a"},
		{"2^53 with a point", `{"a":9007199254740992.00}`, "out_of_range", "/a"},
		{"a long integer", `{"a":123456789012345678901234567890}`, "out_of_range", "/a"},
		{"1e999", `{"a":1e999}`, "out_of_range", "/a"},
		{"-1E+999", `{"a":-1E+999}`, "out_of_range", "/a"},
		{"1e-999", `{"a":1e-999}`, "out_of_range", "/a"},
		{"a number of 101 characters", `{"a":0.` + strings.Repeat("1", 99) + `}`, "out_of_range", "/a"},
		{"65 levels", strings.Repeat("[", 65) + strings.Repeat("]", 65), "too_deep", strings.Repeat("/0", 64)},
		{"a name too long to tell", `{"a":{"` + long + `":"\ud800"}}`, "invalid_text", "/a"},
		{"a name with a slash", `{"a/b~":"\ud800"}`, "invalid_text", "/a~1b~0"},
	} {
		_, err := strictjson.Normalize([]byte(c.in))
		var fault *strictjson.Fault
		if !errors.As(err, &fault) || fault.NotJSON || fault.Code != c.code || fault.Pointer != c.pointer || fault.Message == "" {
			t.Errorf("%s: %+v, want %s at %q", c.name, fault, c.code, c.pointer)
		}
	}
}

func TestNormalizeTellsWhatIsNotJSON(t *testing.T) {
	for _, in := range []string{
		"", " ", "{", "}", "[", "[1,", `{"a"`, `{"a":}`, `{a:1}`, "<a/>", "'a'", "nul", "+1", "1.", ".5", "NaN", "Infinity",
		"\ufeff{}", "{\"a\":\"\x00\"}", "\x00", `{"a":"\x"}`, `{"a":"\u12"}`, `{1:2}`, "[1 2]", `{"a":1,}`, "\xff",
	} {
		_, err := strictjson.Normalize([]byte(in))
		var fault *strictjson.Fault
		if !errors.As(err, &fault) || !fault.NotJSON {
			t.Errorf("%q: %+v", in, err)
		}
	}
}

func TestNormalizeIsQuickAboutHugeNesting(t *testing.T) {
	deep := []byte(`{"inputs":` + strings.Repeat("[", 5<<20))
	allocations := testing.AllocsPerRun(1, func() {
		var fault *strictjson.Fault
		if _, err := strictjson.Normalize(deep); !errors.As(err, &fault) || fault.Code != "too_deep" {
			t.Errorf("%v", err)
		}
	})
	if allocations > 500 {
		t.Errorf("%v allocations: it did not stop at the limit", allocations)
	}
}

func TestMembersItemsText(t *testing.T) {
	object, err := strictjson.Normalize([]byte(`{"a":[1,"x",{}],"b\n":"t\u00e9","c":true}`))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for name, value := range strictjson.Members(object) {
		got = append(got, name, string(value))
		for i, item := range strictjson.Items(value) {
			got = append(got, string(rune('0'+i)), string(item))
		}
		if text, ok := strictjson.Text(value); ok {
			got = append(got, text)
		}
	}
	want := []string{"a", `[1,"x",{}]`, "0", "1", "1", `"x"`, "2", "{}", "b\n", `"t\u00e9"`, "té", "c", "true"}
	if strings.Join(got, "|") != strings.Join(want, "|") {
		t.Fatalf("%q", got)
	}
	for range strictjson.Members(jsontext.Value("[1]")) {
		t.Error("an array has members")
	}
	for range strictjson.Items(jsontext.Value(`{"a":1}`)) {
		t.Error("an object has items")
	}
}

// What is accepted is JSON that every reader takes, has no null member, stays as
// it is when it is normalized again, and has a canonical form.
func FuzzNormalize(f *testing.F) {
	for _, seed := range []string{
		``, `{}`, `{"a":null,"b":[null,{"c":null}]}`, `{"a":1,"a":2}`, `{} {}`, `"\ud800"`, `"\ud83d\ude00\u0000"`, `[1e999,-0,9007199254740993,1.5e-400]`,
		"{\"\xff\":\"\xed\xa0\x80\"}", strings.Repeat("[", 70), `{"pack_type":"decision","inputs":{"x":[1,2.5]},"reservation":{"max_cost_usd":"0.25"}}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		before := bytes.Clone(text)
		got, err := strictjson.Normalize(text)
		if !bytes.Equal(before, text) {
			t.Fatal("the input was changed")
		}
		if err != nil {
			var fault *strictjson.Fault
			if !errors.As(err, &fault) || !fault.NotJSON && (fault.Code == "" || fault.Message == "") {
				t.Fatalf("%#v", err)
			}
			return
		}
		if !stdjson.Valid(text) || !stdjson.Valid(got) {
			t.Fatalf("%q was accepted as %q", text, got)
		}
		again, err := strictjson.Normalize(got)
		if err != nil || !bytes.Equal(again, got) {
			t.Fatalf("%q became %q, then %q %v", text, got, again, err)
		}
		if err := again.Canonicalize(); err != nil {
			t.Fatalf("%q has no canonical form: %v", got, err)
		}
		noNulls(t, got)
	})
}

func noNulls(t *testing.T, value jsontext.Value) {
	t.Helper()
	for name, member := range strictjson.Members(value) {
		if member.Kind() == 'n' {
			t.Fatalf("member %q is null", name)
		}
		noNulls(t, member)
	}
	for _, item := range strictjson.Items(value) {
		noNulls(t, item)
	}
}
