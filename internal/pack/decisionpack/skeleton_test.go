package decisionpack

import (
	"errors"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"dpp/internal/pack"
	"dpp/internal/pack/packtest"
)

// TestSkeleton: a question with options alone is refused with what is missing, which
// works once numbers stand for the nulls. It repeats nothing of the question.
func TestSkeleton(t *testing.T) {
	for name, body := range map[string]string{
		"no criteria": `{"question":"Which zq7x?","context":"zq7x","options":["zq7x one","zq7x two"]}`,
		"no scores":   `{"options":["zq7x one","zq7x two","zq7x three"],"criteria":[{"name":"zq7x","direction":"min"},{"name":"d"}]}`,
	} {
		offer := packtest.Offer(t, New())
		_, err := offer.Check(jsontext.Value(body))
		var wrong *pack.InputError
		if !errors.As(err, &wrong) || len(wrong.Set) == 0 {
			t.Fatalf("%s: %v", name, err)
		}
		var inputs map[string]any
		if err := json.Unmarshal([]byte(body), &inputs); err != nil {
			t.Fatal(err)
		}
		for pointer, value := range wrong.Set {
			if strings.Contains(string(value), "zq7x") || strings.Count(pointer, "/") != 1 {
				t.Errorf("%s: %s: %s", name, pointer, value)
			}
			filled := strings.ReplaceAll(string(value), "null", "3")
			inputs[pointer[1:]] = jsontext.Value(filled)
		}
		mended := packtest.JSON(t, inputs)
		if _, err := offer.Check(mended); err != nil {
			t.Errorf("%s: %s: %v", name, mended, err)
		}
		if found, _ := run(t, mended); len(found.Ranking) != len(inputs["options"].([]any)) {
			t.Errorf("%s: %+v", name, found.Ranking)
		}
	}
	fields := inputErrors(t, jsontext.Value(`{"question":"Which?"}`))
	if fields[0].Pointer != "/criteria" || fields[0].Code != "required" {
		t.Errorf("%+v", fields)
	}
}

// TestUnfilledSkeleton: nulls are values that are missing.
func TestUnfilledSkeleton(t *testing.T) {
	fields := inputErrors(t, jsontext.Value(`{"options":["A"],"criteria":[{"name":"c"}],"scores":[[null]]}`))
	if fields[0].Pointer != "/scores/0" || fields[0].Code != "required" {
		t.Errorf("%+v", fields)
	}
	for body, pointer := range map[string]string{
		`{"options":["A","B"],"criteria":[{"name":"c"}],"scores":[[1]]}`: "/scores",
		`{"options":["A"],"criteria":[{"name":"c"}],"scores":[[1,2]]}`:   "/scores/0",
	} {
		if fields := inputErrors(t, jsontext.Value(body)); fields[0].Pointer != pointer || fields[0].Code != "size" {
			t.Errorf("%s: %+v", body, fields)
		}
	}
}
