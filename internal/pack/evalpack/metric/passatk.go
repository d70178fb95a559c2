package metric

import (
	"context"
	"fmt"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

var (
	errNotAttempts = &RowError{Code: "NOT_ATTEMPTS", Detail: `The prediction is neither {"n": attempts, "c": those that passed} nor a list of booleans.`}
	errFewAttempts = &RowError{Code: "TOO_FEW_ATTEMPTS", Detail: "The row has fewer attempts than k."}
)

// maxAttempts bounds the attempts of a row.
const maxAttempts = 1_000_000

// newPassAtK makes the mean over rows, which are problems, of an unbiased estimate of the
// probability that one of k attempts passes (Chen et al., Evaluating Large Language Models
// Trained on Code, 2021).
func newPassAtK(params jsontext.Value) (Metric, error) {
	c := cut{K: 1}
	if err := decode(params, &c); err != nil {
		return nil, err
	}
	return &mean{
		info: fraction("pass_at_k", fmt.Sprintf("pass_at_k|k:%d|unbiased|version:%s", c.K, version)),
		score: func(_ context.Context, row Row) (float64, error) {
			n, passed, err := readAttempts(row.Prediction)
			switch {
			case err != nil:
				return 0, err
			case n < c.K:
				return 0, errFewAttempts
			default:
				return passAtK(n, passed, c.K), nil
			}
		},
	}, nil
}

// passAtK is 1 - C(n-c, k)/C(n, k), as a product, which stays in range.
func passAtK(n, passed, k int) float64 {
	if n-passed < k {
		return 1
	}
	failing := 1.0
	for i := n - passed + 1; i <= n; i++ {
		failing *= 1 - float64(k)/float64(i)
	}
	return 1 - failing
}

func readAttempts(v jsontext.Value) (n, passed int, err error) {
	if v.Kind() == jsontext.KindBeginObject {
		var attempts struct {
			N *int `json:"n"`
			C *int `json:"c"`
		}
		err := json.Unmarshal(v, &attempts, json.RejectUnknownMembers(true))
		if err != nil || attempts.N == nil || attempts.C == nil || *attempts.N < 1 || *attempts.N > maxAttempts || *attempts.C < 0 || *attempts.C > *attempts.N {
			return 0, 0, errNotAttempts
		}
		return *attempts.N, *attempts.C, nil
	}
	results, err := list(v)
	if err != nil {
		return 0, 0, errNotAttempts
	}
	for _, result := range results {
		name, err := label(result)
		switch {
		case err == nil && (name == "true" || name == "1"):
			passed++
		case err != nil || name != "false" && name != "0":
			return 0, 0, errNotAttempts
		}
	}
	return len(results), passed, nil
}
