package evalpack

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"dpp"
	"dpp/internal/inputs"
	"dpp/internal/pack"
)

// rowsOf reads a file and tells its rows, one a line.
func rowsOf(content, mediaType, options string) (string, error) {
	req := new(request)
	if err := json.Unmarshal([]byte(options), req); err != nil {
		return "", err
	}
	d, err := openFile(&inputs.Content{Bytes: []byte(content), MediaType: mediaType, Name: "rows"}, req)
	if err != nil {
		return "", err
	}
	var told []string
	count := d.count()
	for {
		r, err := d.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return "", err
		}
		if r.index != len(told) {
			return "", fmt.Errorf("row %d has the index %d", len(told), r.index)
		}
		told = append(told, tell(&r))
	}
	if count != len(told) {
		return "", fmt.Errorf("%d rows were counted and %d read", count, len(told))
	}
	return strings.Join(told, "\n"), nil
}

func tell(r *record) string {
	if r.fault != nil {
		return fmt.Sprintf("%d: %s", r.line, r.fault.Code)
	}
	text := fmt.Sprintf("%d: %s|%s|%s", r.line, string(r.id), r.row.Prediction, r.row.References)
	if r.baseline != nil {
		text += "|" + string(r.baseline)
	}
	if len(r.groups) > 0 {
		text += "|" + strings.Join(r.groups, " ")
	}
	return text
}

func TestTables(t *testing.T) {
	const head = "id,prediction,reference\n"
	for name, c := range map[string]struct{ content, options, want string }{
		"plain":                {head + "1,a,b\n2,c,d", `{}`, "2: \"1\"|\"a\"|[\"b\"]\n3: \"2\"|\"c\"|[\"d\"]"},
		"mark and CRLF":        {"\xef\xbb\xbfid,prediction,reference\r\n1,a,b\r\n", `{}`, `2: "1"|"a"|["b"]`},
		"quotes":               {head + "1,\"a \"\"b\"\",\nc\",b\n2,x,y", `{}`, "2: \"1\"|\"a \\\"b\\\",\\nc\"|[\"b\"]\n4: \"2\"|\"x\"|[\"y\"]"},
		"spaces in the header": {"id , prediction, reference \n1,a,b", `{}`, `2: "1"|"a"|["b"]`},
		"empty cells":          {head + ",,\n", `{}`, `2: |""|[""]`},
		"blank lines":          {head + "\n\n1,a,b\n\n", `{}`, `4: "1"|"a"|["b"]`},
		"no reference":         {"prediction\na\n", `{}`, `2: |"a"|[]`},
		"further references":   {"prediction,reference,reference_2,reference_10,reference_url\na,b,c,,u\n", `{}`, `2: |"a"|["b" "c"]`},
		"groups":               {"prediction,groups.lang,groups.,groups.len\na,en,x,\n", `{}`, `2: |"a"|[]|lang=en`},
		"baseline":             {"prediction,baseline_prediction\na,b\n", `{}`, `2: |"a"|[]|"b"`},
		"other names":          {"n,out,gold1,gold2,old,lang\n1,a,b,c,d,en\n", `{"columns":{"id":"n","prediction":"out","reference":["gold2","gold1"],"baseline_prediction":"old","groups":"lang"}}`, `2: "1"|"a"|["c" "b"]|"d"|lang=en`},
		"semicolons":           {"prediction;reference\n1,5;2\n", `{"delimiter":";"}`, `2: |"1,5"|["2"]`},
		"JSON in cells":        {"id,prediction,reference\n7,0.5,\"[1,2]\"\n,cat,null\n,\"\"\"q\"\"\",\n", `{"cell_values":"json"}`, "2: \"7\"|0.5|[[1,2]]\n3: |\"cat\"|[]\n4: |\"q\"|[]"},
		"no prediction":        {"prediction,reference\n,b\n", `{"cell_values":"json"}`, "2: NO_PREDICTION"},
		"bad rows":             {head + "1,a\n2,a,b,c\n3,a\"b,c\n4,a,b\n5,\xff,b\n", `{}`, "2: COLUMN_COUNT\n3: COLUMN_COUNT\n4: BAD_QUOTES\n5: \"4\"|\"a\"|[\"b\"]\n6: NOT_UTF8"},
		"an open quote":        {head + "1,a,b\n2,\"a,b\n3,c,d\n", `{}`, "2: \"1\"|\"a\"|[\"b\"]\n3: BAD_QUOTES"},
		"a large row":          {head + "1," + strings.Repeat("x", maxRowBytes) + ",b\n2,a,b", `{}`, "2: ROW_TOO_LARGE\n3: \"2\"|\"a\"|[\"b\"]"},
		"a long id":            {head + strings.Repeat("1", maxIDBytes+1) + ",a,b", `{}`, "2: BAD_ID"},
		"a header alone":       {head, `{}`, ""},
	} {
		if got, err := rowsOf(c.content, "text/csv", c.options); err != nil || got != c.want {
			t.Errorf("%s: %v\n%s\nwant\n%s", name, err, got, c.want)
		}
	}
}

func TestLines(t *testing.T) {
	for name, c := range map[string]struct{ content, options, want string }{
		"plain":            {`{"id":1,"prediction":"a","reference":"b"}` + "\n" + `{"id":"x","prediction":2,"references":["b",null,3]}`, `{}`, "1: 1|\"a\"|[\"b\"]\n2: \"x\"|2|[\"b\" 3]"},
		"mark, CRLF, gaps": {"\xef\xbb\xbf\r\n" + `{"prediction":"a"}` + "\r\n  \r\n" + `{"prediction":"b"}` + "\r\n", `{}`, "2: |\"a\"|[]\n4: |\"b\"|[]"},
		"groups":           {`{"prediction":"a","groups":{"b":1.50,"a":"x","c":true,"d":null}}` + "\n" + `{"prediction":"a","groups":["z","y","z"]}`, `{}`, "1: |\"a\"|[]|a=x b=1.5 c=true\n2: |\"a\"|[]|y z"},
		"other names":      {`{"q":7,"out":"a","gold":["b","c"],"old":"d","lang":"en","prediction":"no"}`, `{"columns":{"id":"q","prediction":"out","references":"gold","baseline_prediction":"old","groups":["lang"]}}`, `1: 7|"a"|["b" "c"]|"d"|lang=en`},
		"null is absent":   {`{"id":null,"prediction":"a","reference":null,"baseline_prediction":null}`, `{}`, `1: |"a"|[]`},
		"bad rows": {
			strings.Join([]string{`{`, `[]`, `7`, `{"prediction":"a"} x`, `{"prediction":"a","prediction":"b"}`, "{\"prediction\":\"\xff\"}", `{"reference":"a"}`, `{"prediction":null}`, `{"prediction":"a","reference":"b","references":["c"]}`, `{"prediction":"a","references":"b"}`, `{"prediction":"a","id":[1]}`, `{"prediction":"a","groups":7}`, `{"prediction":"a","groups":[1]}`, `{"prediction":"a","groups":{"x":{}}}`, `{"prediction":"a","groups":[""]}`, `{"prediction":"a"}`}, "\n"),
			`{}`,
			"1: NOT_JSON\n2: NOT_AN_OBJECT\n3: NOT_AN_OBJECT\n4: NOT_JSON\n5: NOT_JSON\n6: NOT_UTF8\n7: NO_PREDICTION\n8: NO_PREDICTION\n9: REFERENCE_TWICE\n10: BAD_REFERENCES\n11: BAD_ID\n12: BAD_GROUPS\n13: BAD_GROUPS\n14: BAD_GROUPS\n15: BAD_GROUPS\n16: |\"a\"|[]",
		},
		"a large row": {`{"prediction":"` + strings.Repeat("x", maxRowBytes) + `"}` + "\n" + `{"prediction":"a"}`, `{}`, "1: ROW_TOO_LARGE\n2: |\"a\"|[]"},
		"nothing":     {"\n\n", `{}`, ""},
	} {
		if got, err := rowsOf(c.content, "application/x-ndjson", c.options); err != nil || got != c.want {
			t.Errorf("%s: %v\n%s\nwant\n%s", name, err, got, c.want)
		}
	}
}

func TestFilesThatAreRefused(t *testing.T) {
	wide := strings.Repeat("c,", maxColumns) + "prediction\n"
	for name, c := range map[string]struct{ content, options, part string }{
		"no prediction":       {"id,answer\n1,a\n", `{}`, "no column for prediction."},
		"a name that is none": {"prediction,b\n1,a\n", `{"columns":{"id":"s3cret","reference":["b","c"],"groups":"d"}}`, "no column for id, reference, groups."},
		"two of one name":     {"prediction,s3cret,s3cret\n1,a,b\n", `{}`, "same name"},
		"too many columns":    {strings.ReplaceAll(wide, "c,", "") + "", `{"columns":{"prediction":"s3cret"}}`, "no column for prediction"},
		"UTF-16":              {"\xff\xfep\x00", `{}`, "not UTF-8"},
		"header not UTF-8":    {"prediction,\xff\n", `{}`, "not UTF-8"},
		"no header":           {"\n\n", `{}`, "no header"},
		"broken header":       {"\"a\n", `{}`, "no header"},
	} {
		_, err := rowsOf(c.content, "text/csv", c.options)
		var failed *pack.Failure
		if !errors.As(err, &failed) || failed.Reason != dpp.ReasonInputRejected || !strings.Contains(failed.Detail, c.part) || failed.Hint == "" || strings.Contains(failed.Error()+failed.Hint, "s3cret") {
			t.Errorf("%s: %v", name, err)
		}
	}
	var many []string
	for i := range maxColumns {
		many = append(many, fmt.Sprintf("c%d", i))
	}
	if _, err := rowsOf(strings.Join(many, ",")+",prediction\n", "text/csv", `{}`); err == nil || !strings.Contains(err.Error(), "too many columns") {
		t.Errorf("many columns: %v", err)
	}
}

func TestFormats(t *testing.T) {
	for _, c := range []struct{ mediaType, name, content, format, want string }{
		{"text/csv", "a.jsonl", "{", "", formatCSV},
		{"text/tab-separated-values", "", "{", "auto", formatCSV},
		{"application/x-ndjson", "a.csv", "x", "", formatJSONL},
		{"application/json", "", `{"prediction":1}`, "", formatJSONL},
		{"text/plain", "a.CSV", "{", "", formatCSV},
		{"text/plain", "a.jsonl", "x", "", formatJSONL},
		{"text/plain", "a.txt", "\xef\xbb\xbf \n{\"prediction\":1}", "", formatJSONL},
		{"text/plain", "a.txt", "prediction", "", formatCSV},
		{"text/plain", "", "", "", formatCSV},
		{"text/csv", "", "x", formatJSONL, formatJSONL},
	} {
		req := request{Format: c.format}
		if got := req.formatOf(&inputs.Content{MediaType: c.mediaType, Name: c.name, Bytes: []byte(c.content)}); got != c.want {
			t.Errorf("%+v: %s", c, got)
		}
	}
	if got, err := rowsOf("prediction\treference\na,\tb\n", "text/tab-separated-values", `{}`); err != nil || got != `2: |"a,"|["b"]` {
		t.Errorf("%s, %v", got, err)
	}
}

func TestColumnsThatNothingIsReadFrom(t *testing.T) {
	d, err := openFile(&inputs.Content{Bytes: []byte("id,prediction,x,groups.a,y\n"), MediaType: "text/csv"}, &request{})
	if err != nil {
		t.Fatal(err)
	}
	if got := d.ignored(); strings.Join(got, " ") != "x y" {
		t.Errorf("not used: %q", got)
	}
}

// FuzzTable: whatever a table holds, every row is counted once, and either has a
// prediction or says what is wrong with it.
func FuzzTable(f *testing.F) {
	for _, seed := range []string{"prediction,reference\na,b\n", "prediction\n\"a\n", "\xef\xbb\xbfid,prediction,groups.x\n1,\"a\"\"b\",\xff\n", "a,b\n", "prediction;reference\n1;{\"a\":1}\n"} {
		f.Add([]byte(seed), ";"+seed, true)
	}
	f.Fuzz(func(t *testing.T, content []byte, delimiter string, asJSON bool) {
		req := request{Format: formatCSV}
		if strings.HasPrefix(delimiter, ";") {
			req.Delimiter = ";"
		}
		if asJSON {
			req.CellValues = cellsJSON
		}
		checkDoor(t, content, &req)
	})
}

// FuzzLines: the same for JSON Lines.
func FuzzLines(f *testing.F) {
	for _, seed := range []string{`{"prediction":"a","references":["b"],"groups":{"x":1}}`, "{\"prediction\":1e999}\r\n\n[]\n", `{"prediction":"\ud800"}`, `{"id":{},"prediction":[]}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, content []byte) { checkDoor(t, content, &request{Format: formatJSONL}) })
}

func checkDoor(t *testing.T, content []byte, req *request) {
	d, err := openFile(&inputs.Content{Bytes: content}, req)
	if err != nil {
		var failed *pack.Failure
		if !errors.As(err, &failed) {
			t.Fatalf("refused without a reason: %v", err)
		}
		return
	}
	count, read := d.count(), 0
	for ; ; read++ {
		r, err := d.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if r.index != read || r.line < 1 {
			t.Fatalf("row %d is %d, on line %d", read, r.index, r.line)
		}
		if r.fault == nil && (r.row.Prediction == nil || !valid(r.row.Prediction, r.baseline, r.id) || !valid(r.row.References...)) {
			t.Fatalf("row %d: %+v", read, r)
		}
	}
	if count != read {
		t.Fatalf("%d rows were counted, %d read", count, read)
	}
}

func valid(values ...jsontext.Value) bool {
	for _, v := range values {
		if v != nil && !v.IsValid() {
			return false
		}
	}
	return true
}
