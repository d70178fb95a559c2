package judge_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"pgregory.net/rapid"

	"dpp"
	"dpp/internal/llm"
	"dpp/internal/llm/llmtest"
	"dpp/internal/pack"
	"dpp/internal/pack/evalpack"
	"dpp/internal/pack/evalpack/judge"
	"dpp/internal/pack/evalpack/metric"
	"dpp/internal/pack/packtest"
)

const rubric = `{"rubric":"Is it polite?"}`

func client(t testing.TB, model *llmtest.Model) *llm.Client {
	t.Helper()
	c, err := llm.New(llm.Options{URL: "http://model.test/v1", Model: "m", PriceInput: 150_000, PriceOutput: 600_000, Transport: model})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// byText gives each prediction the number that it is, and one more the second time where
// it ends with "+".
func byText(_ int, r llmtest.Request) llmtest.Reply {
	var row struct {
		Prediction string `json:"prediction"`
	}
	var score int
	if json.Unmarshal([]byte(r.Data()), &row) != nil {
		return llmtest.Reply{Status: 400, Raw: "-"}
	}
	if _, err := fmt.Sscanf(row.Prediction, "%d", &score); err != nil {
		return llmtest.Text("It is hard to say.")
	}
	if *r.Seed%2 == 1 && strings.HasSuffix(row.Prediction, "+") {
		score++
	}
	return llmtest.JSON(map[string]int{"score": score})
}

func rowsOf(texts ...string) []metric.Row {
	var rows []metric.Row
	for _, text := range texts {
		value, _ := json.Marshal(text)
		rows = append(rows, metric.Row{Prediction: value, References: []jsontext.Value{jsontext.Value(`"wished for"`)}})
	}
	return rows
}

func made(t testing.TB, model *llmtest.Model, params string, limit dpp.Money) (evalpack.Batcher, *pack.Meter) {
	t.Helper()
	extra := judge.Extra(client(t, model))
	meter := pack.NewMeter(extra.Prices, limit, nil)
	m, err := extra.New(jsontext.Value(params), meter)
	if err != nil {
		t.Fatal(err)
	}
	return m.(evalpack.Batcher), meter
}

func TestJudgements(t *testing.T) {
	model := llmtest.New(byText)
	m, meter := made(t, model, rubric, dpp.USD)
	into := make([]float64, 5*m.Width())
	errs, stopped := m.ObserveAll(t.Context(), rowsOf("5", "2+", "no number", "1", "4"), into)
	if stopped != nil || len(errs) != 5 {
		t.Fatalf("%v, stopped by %v", errs, stopped)
	}
	var bad *metric.RowError
	for i, err := range errs {
		if (err != nil) != (i == 2) || err != nil && (!errors.As(err, &bad) || bad.Code != "JUDGEMENT_UNUSABLE") {
			t.Errorf("row %d: %v", i, err)
		}
	}
	kept := append(append([]float64{}, into[:6]...), into[9:]...)
	if want := []float64{5, 5, 5, 2.5, 2, 3, 1, 1, 1, 4, 4, 4}; !slices.Equal(kept, want) {
		t.Errorf("kept %v, want %v", kept, want)
	}
	sample := metric.Sample{Data: kept, Width: 3}
	if value, ok := m.Value(sample); !ok || value != 3.125 {
		t.Errorf("the value is %v", value)
	}
	detail, err := json.Marshal(m.(metric.Detailer).Detail(sample))
	// By hand: 8 numbers, sum 25, squares 97; of the second row 2(4+9) - 25 = 1. 1 - 1/((8*97-625)/7).
	want := fmt.Sprintf(`{"judgements_per_row":2,"answered_by":["m-2026"],"exact_agreement":0.75,"krippendorff_alpha":%.12g}`, 1-1/(151./7))
	if err != nil || string(detail) != want {
		t.Errorf("the detail is %s, want %s", detail, want)
	}
	info := m.Info()
	if info.Low != 1 || info.High != 5 || !info.HigherIsBetter || info.Unit != "rating" || !strings.Contains(info.Signature, "|model:m|prompt:") || !strings.Contains(info.Signature, "|judgements:2|temperature:0|seed:0|") {
		t.Errorf("info %+v", info)
	}
	for _, r := range model.Requests() {
		hash := pack.SumHex([]byte(r.Messages[0].Content))
		if *r.Temperature != 0 || !strings.Contains(info.Signature, "|prompt:"+hash+"|") || !strings.Contains(r.Data(), "wished for") || strings.Contains(r.Messages[0].Content, "wished for") {
			t.Errorf("sent %+v", r)
		}
	}
	if n := len(model.Requests()); n != 10 { // two for each row, and of the useless one its first twice
		t.Errorf("%d requests", n)
	}
	var input int64
	for _, r := range model.Requests() {
		input += llmtest.InputTokens(r)
	}
	if usage := meter.Usage(); usage[0].Unit != llm.UnitInput || usage[0].Quantity != input {
		t.Errorf("the usage is %v, want %d tokens of prompts", usage, input)
	}
}

func TestParameters(t *testing.T) {
	extra := judge.Extra(client(t, llmtest.New(byText)))
	for params, pointer := range map[string]string{
		``: "/rubric", `{}`: "/rubric", `{"rubric":""}`: "/rubric", `{"rubric":"x","scale":{"low":5,"high":5}}`: "/scale", `{"rubric":5}`: "",
	} {
		_, err := extra.New(jsontext.Value(params), nil)
		var wrong *metric.ParamError
		if !errors.As(err, &wrong) || wrong.Pointer != pointer {
			t.Errorf("%s: %v", params, err)
		}
		if low, likely, high := extra.PerRow(jsontext.Value(params)); low != nil || likely != nil || high != nil {
			t.Errorf("%s costs %v, %v, %v", params, low, likely, high)
		}
	}
	schema, err := pack.CompileSchema(extra.Entry.Params)
	if err != nil {
		t.Fatal(err)
	}
	for params, good := range map[string]bool{
		rubric: true, `{"rubric":"x","scale":{"low":-2,"high":2},"judgements":5,"references":false,"seed":9}`: true,
		`{"rubric":"x","judgements":6}`: false, `{"rubric":"x","judgements":0}`: false, `{"rubric":"x","model":"y"}`: false, `{"rubric":"x","scale":{"low":0.5,"high":2}}`: false,
	} {
		if found := schema.Findings(jsontext.Value(params)); (len(found) == 0) != good {
			t.Errorf("%s: %v", params, found)
		}
	}
	signatures := map[string]bool{}
	for _, params := range []string{rubric, `{"rubric":"Is it kind?"}`, `{"rubric":"Is it polite?","judgements":3}`, `{"rubric":"Is it polite?","seed":1}`, `{"rubric":"Is it polite?","scale":{"low":0,"high":1}}`} {
		m, _ := made(t, llmtest.New(byText), params, dpp.USD)
		signatures[m.Info().Signature] = true
	}
	if len(signatures) != 5 {
		t.Errorf("signatures %v", signatures)
	}
	m, _ := made(t, llmtest.New(byText), `{"rubric":"x","judgements":1}`, dpp.USD)
	if detail, err := json.Marshal(m.(metric.Detailer).Detail(metric.Sample{Data: []float64{1, 1}, Width: 2})); err != nil || strings.Contains(string(detail), "a") && strings.Contains(string(detail), "agreement") {
		t.Errorf("one judgement agrees with itself: %s", detail)
	}
}

// The money ends the work at the first row that it does not reach for, in their order.
func TestJudgingWithinTheLimit(t *testing.T) {
	texts := slices.Repeat([]string{"3"}, 60)
	rapid.Check(t, func(rt *rapid.T) {
		limit := dpp.Money(rapid.Int64Range(0, 100).Draw(rt, "limit")) * dpp.Quantum
		m, meter := made(t, llmtest.New(byText), rubric, limit)
		into := make([]float64, len(texts)*m.Width())
		errs, stopped := m.ObserveAll(rt.Context(), rowsOf(texts...), into)
		if (stopped == nil) != (len(errs) == len(texts)) || stopped != nil && !errors.Is(stopped, pack.ErrCostLimit) || meter.Total() > limit {
			rt.Fatalf("%d of %d rows with %s of %s: %v", len(errs), len(texts), meter.Total(), limit, stopped)
		}
		for i, err := range errs {
			if err != nil || into[i*m.Width()] != 3 {
				rt.Fatalf("row %d: %v, %v", i, err, into[i*m.Width()])
			}
		}
	})
}

func TestServersThatAreAway(t *testing.T) {
	for name, c := range map[string]struct {
		reply     llmtest.Reply
		retryable bool
	}{"busy": {llmtest.Reply{Status: 503, Raw: "-"}, true}, "a wrong key": {llmtest.Reply{Status: 401, Raw: "-"}, false}} {
		for _, rows := range []int{1, 3, 40} {
			synctest.Test(t, func(t *testing.T) {
				m, meter := made(t, llmtest.New(llmtest.Repeated(c.reply)), rubric, dpp.USD)
				_, stopped := m.ObserveAll(t.Context(), rowsOf(slices.Repeat([]string{"3"}, rows)...), make([]float64, rows*m.Width()))
				var failed *pack.Failure
				if !errors.As(stopped, &failed) || failed.Retryable != c.retryable || meter.Total() != 0 {
					t.Errorf("%s, %d rows: %v", name, rows, stopped)
				}
			})
		}
	}
	synctest.Test(t, func(t *testing.T) { // one that was there before fails rows, and not the run
		m, _ := made(t, llmtest.New(func(n int, r llmtest.Request) llmtest.Reply {
			if n < 2 {
				return byText(n, r)
			}
			return llmtest.Reply{Status: 503, Raw: "-"}
		}), rubric, dpp.USD)
		into := make([]float64, 20*m.Width())
		first, stopped := m.ObserveAll(t.Context(), rowsOf("3"), into)
		if stopped != nil || first[0] != nil {
			t.Fatalf("%v, %v", first, stopped)
		}
		errs, stopped := m.ObserveAll(t.Context(), rowsOf(slices.Repeat([]string{"3"}, 20)...), into)
		var bad *metric.RowError
		if stopped != nil || len(errs) != 20 || !errors.As(errs[19], &bad) || bad.Code != "JUDGE_UNAVAILABLE" {
			t.Errorf("%v, %v", errs, stopped)
		}
	})
}

func TestRowsThatCannotBeJudged(t *testing.T) {
	for code, c := range map[string]struct {
		row   metric.Row
		reply llmtest.Reply
	}{
		"NO_PREDICTION":       {metric.Row{}, llmtest.Reply{}},
		"TOO_LONG":            {rowsOf(strings.Repeat("x", llm.MaxPrompt))[0], llmtest.Reply{}},
		"JUDGEMENT_DECLINED":  {rowsOf("3")[0], llmtest.Reply{Refusal: "No."}},
		"JUDGEMENT_UNUSABLE":  {rowsOf("3")[0], llmtest.JSON(map[string]any{"score": 6})},
		"JUDGEMENT_UNUSABLE ": {rowsOf("3")[0], llmtest.JSON(map[string]any{"score": 2.5})},
	} {
		m, _ := made(t, llmtest.New(llmtest.Repeated(c.reply)), rubric, dpp.USD)
		err := m.Observe(t.Context(), c.row, make([]float64, m.Width()))
		var bad *metric.RowError
		if !errors.As(err, &bad) || bad.Code != strings.TrimSpace(code) {
			t.Errorf("%s: %v", code, err)
		}
	}
}

// At the end of the time the rows that were judged are there, in one piece.
func TestJudgingEndsInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, _ := made(t, llmtest.New(func(int, llmtest.Request) llmtest.Reply {
			return llmtest.Reply{Content: `{"score":3}`, Silence: time.Second}
		}), rubric, dpp.USD)
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		began := time.Now()
		errs, stopped := m.ObserveAll(ctx, rowsOf(slices.Repeat([]string{"3"}, 100)...), make([]float64, 100*m.Width()))
		if !errors.Is(stopped, context.DeadlineExceeded) || len(errs) != 32 || time.Since(began) != 8500*time.Millisecond || slices.ContainsFunc(errs, func(err error) bool { return err != nil }) {
			t.Errorf("%d rows, stopped by %v after %s", len(errs), stopped, time.Since(began))
		}
	})
}

// alphaByPairs is Krippendorff's alpha by its definition: over all pairs.
func alphaByPairs(rows [][]float64) float64 {
	var all []float64
	var observed, expected float64
	for _, row := range rows {
		all = append(all, row...)
		for i := range row {
			for k := range row {
				observed += (row[i] - row[k]) * (row[i] - row[k]) / float64(len(row)-1)
			}
		}
	}
	for i := range all {
		for k := range all {
			expected += (all[i] - all[k]) * (all[i] - all[k])
		}
	}
	return 1 - observed*float64(len(all)-1)/expected
}

func TestAgreementIsKrippendorffs(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		k := rapid.IntRange(2, 5).Draw(rt, "k")
		rows := rapid.SliceOfN(rapid.SliceOfN(rapid.Map(rapid.IntRange(-3, 5), func(n int) float64 { return float64(n) }), k, k), 1, 12).Draw(rt, "rows")
		m, _ := made(t, llmtest.New(byText), fmt.Sprintf(`{"rubric":"x","judgements":%d}`, k), dpp.USD)
		var data, flat []float64
		for _, row := range rows {
			data = append(append(data, 0), row...)
			flat = append(flat, row...)
		}
		text, err := json.Marshal(m.(metric.Detailer).Detail(metric.Sample{Data: data, Width: k + 1}))
		var detail struct {
			Exact *float64 `json:"exact_agreement"`
			Alpha *float64 `json:"krippendorff_alpha"`
		}
		if err != nil || json.Unmarshal(text, &detail) != nil || detail.Exact == nil || *detail.Exact < 0 || *detail.Exact > 1 {
			rt.Fatalf("%s, %v", text, err)
		}
		if slices.Min(flat) == slices.Max(flat) {
			if detail.Alpha != nil {
				rt.Fatalf("all are the same, and alpha is %v", *detail.Alpha)
			}
			return
		}
		if detail.Alpha == nil || math.Abs(*detail.Alpha-alphaByPairs(rows)) > 1e-9 || *detail.Alpha > 1 || (*detail.Exact == 1) != (*detail.Alpha == 1) {
			rt.Fatalf("%s, by pairs %v", text, alphaByPairs(rows))
		}
	})
}

// In the pack: described, priced, metered, listed where it fails.
func TestInThePack(t *testing.T) {
	model := llmtest.New(byText)
	p := evalpack.New(nil, evalpack.Options{Extras: []evalpack.Extra{judge.Extra(client(t, model))}})
	offer := packtest.Offer(t, p)
	packtest.Manifest(t, p)
	inputs := jsontext.Value(`{"rows":[{"prediction":"5","reference":"5"},{"prediction":"2+","reference":"2+"},{"prediction":"none","reference":"none"}],
		"metrics":[{"name":"llm_judge","params":{"rubric":"Is it polite?"}},{"name":"exact_match"}],"max_failed_fraction":0.5,"bootstrap":{"samples":100,"seed":1}}`)
	bounds, err := offer.Check(inputs)
	if err != nil || bounds.Minimum <= 0 || bounds.Likely > bounds.High {
		t.Fatalf("%+v, %v", bounds, err)
	}
	meter := pack.NewMeter(offer.Manifest.Prices, bounds.High, nil)
	outcome, err := p.Run(t.Context(), pack.Job{Inputs: inputs, Meter: meter})
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(outcome.Data)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"reason_code":"JUDGEMENT_UNUSABLE"`, `"exact_agreement":0.5`, `"value":3.75`} {
		if !strings.Contains(string(text), want) {
			t.Errorf("no %s in %s", want, text)
		}
	}
	if _, err := offer.Check(jsontext.Value(`{"rows":[{"prediction":"5"}],"metrics":[{"name":"llm_judge"}]}`)); err == nil {
		t.Error("it is judged without a rubric")
	}
}
