package metric

import (
	"context"
	"regexp"

	"github.com/go-json-experiment/json/jsontext"
)

// maxPattern is the length in bytes of the longest regular expression.
const maxPattern = 4096

var errBadPattern = &RowError{Code: "BAD_PATTERN", Detail: "The reference is no regular expression of RE2 of 4096 bytes at most."}

// pattern tells whether a prediction matches a regular expression, its parameter or any of
// its references. Expressions are those of RE2, which take time in proportion to the text.
type pattern struct {
	Pattern    *string `json:"pattern"`
	Mode       string  `json:"mode"`
	IgnoreCase bool    `json:"ignore_case"`

	// source and compiled are the last expression, as rows often have the same.
	source   string
	compiled *regexp.Regexp
}

func newPattern(params jsontext.Value) (Metric, error) {
	p := &pattern{Mode: "search"}
	if err := decode(params, p); err != nil {
		return nil, err
	}
	from := "reference"
	if p.Pattern != nil {
		if _, err := p.compile(*p.Pattern); err != nil {
			return nil, &ParamError{Pointer: "/pattern", Code: "pattern", Message: "This is no regular expression of RE2."}
		}
		from = "param:" + digest(*p.Pattern)
	}
	signature := "regex|re2|from:" + from + "|mode:" + p.Mode + "|case:" + casing(p.IgnoreCase) + "|version:" + version
	return &mean{info: fraction("regex", signature), score: p.score}, nil
}

func (p *pattern) score(ctx context.Context, row Row) (float64, error) {
	if p.Pattern != nil {
		prediction, err := text(row.Prediction)
		if err != nil {
			return 0, err
		}
		return zeroOne(p.compiled.MatchString(prediction)), nil
	}
	return judge(func(_ context.Context, prediction, reference string) (float64, error) {
		expression, err := p.compile(reference)
		if err != nil {
			return 0, err
		}
		return zeroOne(expression.MatchString(prediction)), nil
	}).best(ctx, row)
}

// compile ties an expression to the text's start, for match, or to both ends.
func (p *pattern) compile(source string) (*regexp.Regexp, error) {
	if p.compiled != nil && p.source == source {
		return p.compiled, nil
	}
	if len(source) > maxPattern {
		return nil, errBadPattern
	}
	if _, err := regexp.Compile(source); err != nil { // so that it closes what it opens, and no more
		return nil, errBadPattern
	}
	tied := "(?:" + source + ")"
	if p.Mode != "search" {
		tied = `\A` + tied
	}
	if p.Mode == "fullmatch" {
		tied += `\z`
	}
	if p.IgnoreCase {
		tied = "(?i)" + tied
	}
	compiled, err := regexp.Compile(tied)
	if err != nil {
		return nil, errBadPattern
	}
	p.source, p.compiled = source, compiled
	return compiled, nil
}
