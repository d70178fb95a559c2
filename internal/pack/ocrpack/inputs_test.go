package ocrpack

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"dpp/internal/document"
	"dpp/internal/document/tesseract"
	"dpp/internal/pack"
	"dpp/internal/pack/packtest"
)

func oneEngine() []document.Engine { return []document.Engine{{Languages: []string{"eng", "kor"}}} }

const aURL = `{"kind":"url","url":"https://example.com/a.pdf"}`

func TestInputsSchema(t *testing.T) {
	schema := packtest.Compile(t, newManifest(nil).InputsSchema)
	many := strings.TrimSuffix(strings.Repeat(aURL+",", 11), ",")
	for text, ok := range map[string]bool{
		inputsOf("", aURL): true,
		inputsOf(`,"languages":["kor+eng","chi_sim"],"output":["text","markdown","words","blocks"],"annotate":true`, aURL): true,
		inputsOf("", `{"kind":"url","url":"https://example.com/a.pdf","pages":"1-3, 7"}`):                                  true,
		inputsOf(`,"find":[{"name":"n","pattern":"x"}]`, aURL):                                                             true,
		`{}`:                       false,
		`{"files":[]}`:             false,
		`{"files":[` + many + `]}`: false,
		`{"files":["a.pdf"]}`:      false,
		inputsOf("", `{"kind":"url","url":"https://example.com/a.pdf","pages":"one"}`): false,
		inputsOf("", `{"kind":"url","url":"https://example.com/a.pdf","pages":""}`):    false,
		inputsOf("", `{"kind":"url","url":"https://example.com/a.pdf","page":"1"}`):    false,
		inputsOf(`,"languages":[]`, aURL):                                              false,
		inputsOf(`,"languages":["English"]`, aURL):                                     false,
		inputsOf(`,"languages":["eng+"]`, aURL):                                        false,
		inputsOf(`,"languages":["../eng"]`, aURL):                                      false,
		inputsOf(`,"output":["html"]`, aURL):                                           false,
		inputsOf(`,"output":["text","text"]`, aURL):                                    false,
		inputsOf(`,"find":[]`, aURL):                                                   false,
		inputsOf(`,"find":[{"name":"","pattern":"x"}]`, aURL):                          false,
		inputsOf(`,"find":[{"name":"n"}]`, aURL):                                       false,
		inputsOf(`,"find":[{"name":"n","pattern":"x","flags":"i"}]`, aURL):             false,
		inputsOf(`,"annotate":"yes"`, aURL):                                            false,
		inputsOf(`,"dpi":300`, aURL):                                                   false,
	} {
		if err := schema.Validate(t, []byte(text)); (err == nil) != ok {
			t.Errorf("%.150s: %v", text, err)
		}
	}
}

func TestFindingsAboutInputs(t *testing.T) {
	const secret = "s3cret"
	for text, want := range map[string]struct{ pointer, says string }{
		inputsOf("", `{"kind":"url","url":"https://x/`+secret+`","pages":"3-1"}`):                                              {"/files/0/pages", "1-3,7"},
		inputsOf("", aURL, `{"kind":"url","url":"https://x/","pages":"1-501"}`):                                                {"/files/1/pages", "500"},
		inputsOf("", `{"kind":"url","url":"https://x/","pages":"1-300"}`, `{"kind":"url","url":"https://x/","pages":"1-201"}`): {"/files/1/pages", "500"},
		inputsOf("", `{"kind":"inline","media_type":"image/png","data":"`+secret+`!"}`):                                        {"/files/0/data", "base64"},
		inputsOf(`,"languages":["eng","tlh"]`, aURL):                                                                           {"/languages/1", "eng, kor"},
		inputsOf(`,"languages":["kor+kor"]`, aURL):                                                                             {"/languages/0", "twice"},
		inputsOf(`,"find":[{"name":"`+secret+`","pattern":"x"},{"name":"`+secret+`","pattern":"y"}]`, aURL):                    {"/find/1/name", "same name"},
		inputsOf(`,"find":[{"name":"n","pattern":"`+secret+`("}]`, aURL):                                                       {"/find/0/pattern", "missing closing ) at character 7"},
		inputsOf(`,"find":[{"name":"n","pattern":"ab)c"}]`, aURL):                                                              {"/find/0/pattern", "unexpected ) at character 3"},
		inputsOf(`,"find":[{"name":"n","pattern":"일[z-a]"}]`, aURL):                                                            {"/find/0/pattern", "invalid character class range at character 5"},
		inputsOf(`,"find":[{"name":"n","pattern":"(?=x)"}]`, aURL):                                                             {"/find/0/pattern", "at character 2"},
		inputsOf(`,"find":[{"name":"n","pattern":"(a{900}){900}"}]`, aURL):                                                     {"/find/0/pattern", "invalid repeat count"},
		inputsOf(`,"find":[{"name":"n","pattern":"(abc){200}"}]`, aURL):                                                        {"/find/0/pattern", "too complex"},
		inputsOf(`,"find":[{"name":"n","pattern":"`+strings.Repeat("가", 501)+`"}]`, aURL):                                      {"/find/0/pattern", "too long"},
		`{"files":{}}`: {"", "form"},
	} {
		_, err := decodeInputs(jsontext.Value(text), oneEngine())
		var e *pack.InputError
		if !errors.As(err, &e) || len(e.Fields) != 1 {
			t.Errorf("%.150s: %v", text, err)
			continue
		}
		f := e.Fields[0]
		if f.Pointer != want.pointer || !strings.Contains(f.Message+f.Expected, want.says) {
			t.Errorf("%.150s: %+v, want %+v", text, f, want)
		}
		if strings.Contains(f.Message+f.Expected, secret) {
			t.Errorf("%+v repeats the inputs", f)
		}
	}
}

func TestLanguages(t *testing.T) {
	for text, want := range map[string][]string{
		``:                               {"eng"},
		`,"languages":null`:              {"eng"},
		`,"languages":["kor"]`:           {"kor"},
		`,"languages":["kor+eng"]`:       {"kor", "eng"},
		`,"languages":["kor","eng"]`:     {"kor", "eng"},
		`,"languages":["a","b+c","d+e"]`: {"a", "b", "c", "d", "e"},
	} {
		in, err := decodeInputs(jsontext.Value(inputsOf(text, aURL)), nil)
		if err != nil || !slices.Equal(in.languages, want) {
			t.Errorf("%s: %v, %v", text, in, err)
		}
	}
	if _, err := decodeInputs(jsontext.Value(inputsOf(`,"languages":["a","b+c","d+e","f"]`, aURL)), nil); err == nil {
		t.Error("six languages are taken")
	}
}

// The first engine that knows all languages reads; none that knows some alone.
func TestEngines(t *testing.T) {
	program := &tesseract.Program{Path: "/bin/tesseract"}
	engines := []document.Engine{{Program: program, Languages: []string{"deu", "eng"}}, {Languages: []string{"eng", "kor"}}}
	for languages, want := range map[string]string{"eng": "program", "deu+eng": "program", "kor": "built in", "kor+eng": "built in", "kor+deu": "", "fra": ""} {
		in, err := decodeInputs(jsontext.Value(inputsOf(`,"languages":["`+languages+`"]`, aURL)), engines)
		got := ""
		switch {
		case err == nil && in.engine.Program == program:
			got = "program"
		case err == nil:
			got = "built in"
		case !strings.Contains(fmt.Sprintf("%+v", err), "/languages/0"):
			t.Errorf("%s: %v", languages, err)
		}
		if got != want {
			t.Errorf("%s is read by %q, want %q", languages, got, want)
		}
	}
	if got := New(nil, nil, Options{Engines: engines}).Manifest().Description; !strings.Contains(got, "deu, eng, kor") {
		t.Errorf("the manifest says %q", got)
	}
}

func TestEstimate(t *testing.T) {
	const upload = `{"kind":"upload","upload_id":"upl_06e17v4yfdxbs3ff04hmasw9nc"}`
	for text, want := range map[string]string{
		inputsOf("", pdfOf("t")):                                    "1+0 1+0 3+0 0+500",
		inputsOf("", inline(pdfHead, "t", `,"pages":"2-5"`)):        "1+0 4+0 4+0 0+4",
		inputsOf("", inline(pngHead, "s", "")):                      "0+1 0+1 0+1 0+1",
		inputsOf("", inline(tiffHead, "s", "")):                     "0+1 0+1 0+1 0+500",
		inputsOf("", inline(pngHead, "s", ""), aURL, upload):        "1+0 2+1 6+1 0+500",
		inputsOf("", inline(tiffHead, "s", `,"pages":"1,3"`), aURL): "1+0 1+2 3+2 0+500",
	} {
		e, err := (&library{}).pack().Estimate(jsontext.Value(text))
		if err != nil {
			t.Fatal(err)
		}
		show := func(units []pack.Quantity) string {
			var c tally
			for _, u := range units {
				switch u.Unit {
				case unitLayer:
					c.layer += u.Quantity
				case unitOCR:
					c.ocr += u.Quantity
				}
			}
			return fmt.Sprintf("%d+%d", c.layer, c.ocr)
		}
		if got := strings.Join([]string{show(e.Minimum), show(e.All), show(e.Likely), show(e.High)}, " "); got != want || show(e.Low) != show(e.All) {
			t.Errorf("%.150s: %s, want %s", text, got, want)
		}
		if strings.Contains(text, "upl_") != (len(e.Uploads) == 1 && e.Uploads[0].Pointer == "/files/2/upload_id") {
			t.Errorf("uploads %v", e.Uploads)
		}
	}
	if _, err := (&library{}).pack().Estimate(jsontext.Value(`[]`)); err == nil {
		t.Error("a list has an estimate")
	}
}

func TestManifest(t *testing.T) {
	p := (&library{}).pack()
	packtest.Manifest(t, p)
	if limit := p.Manifest().Limits["max_bytes_per_run"]; limit < maxFileBytes {
		t.Errorf("a run has %d bytes", limit)
	}
}

// Whatever inputs are, they are read or refused, and what is left of them is read again.
func FuzzInputs(f *testing.F) {
	f.Add(inputsOf(`,"languages":["kor+eng"],"find":[{"name":"n","pattern":"(a|b)*"}]`, inline(pdfHead, "t", `,"pages":"1-3"`)))
	f.Add(inputsOf(`,"output":["words"],"annotate":true`, aURL))
	f.Add(`{"files":[{"kind":"upload","upload_id":"x"}],"languages":["+"]}`)
	f.Add(`{"files":null}`)
	schema := packtest.Compile(f, newManifest(nil).InputsSchema)
	f.Fuzz(func(t *testing.T, text string) {
		in, err := decodeInputs(jsontext.Value(text), oneEngine())
		if err != nil {
			var e *pack.InputError
			if !errors.As(err, &e) || len(e.Fields) == 0 {
				t.Fatalf("%v", err)
			}
			return
		}
		if value := jsontext.Value(text); !value.IsValid() || schema.Validate(t, value) != nil {
			return // what the schema refuses never comes here
		}
		if e := in.estimate(); len(e.Minimum) != 1 || len(e.High) != 1 {
			t.Fatalf("%+v", e)
		}
		again, err := json.Marshal(in.rest(in.Files))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := decodeInputs(again, oneEngine()); err != nil {
			t.Fatalf("%s: %v", again, err)
		}
	})
}
