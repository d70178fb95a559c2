package api

import (
	"net/http"
	"strings"

	"dpp"
	"dpp/internal/api/intake"
	"dpp/internal/runs"
	"dpp/internal/store"
)

const (
	maxIDs       = 100
	defaultLimit = 20
	maxLimit     = 100
)

// listRuns answers GET /v1/runs: a page of runs, or those of some ids.
func listRuns(x *exchange) error {
	q, err := x.query("status", "pack_type", "created_after", "created_before", "external_id", "limit", "cursor", "ids", "wait")
	if err != nil {
		return err
	}
	if q.Given("ids") {
		return x.runsOfIDs(q)
	}
	if q.Given("wait") {
		q.Wrong("wait", "not_allowed", "A list can be waited for only together with ids.", "")
	}
	filter := store.ListQuery{
		Status: dpp.Status(q.Choice("status", statusNames()...)), PackType: q.Text("pack_type", intake.MaxPackType), ExternalID: q.Text("external_id", intake.MaxExternalID),
		CreatedAfter: q.Moment("created_after"), CreatedBefore: q.Moment("created_before"),
		Limit: int(q.Integer("limit", defaultLimit, 1, maxLimit)) + 1,
	}
	if err := q.Err(); err != nil {
		return err
	}
	if filter.Before, err = q.RunCursor(); err != nil {
		return err
	}
	found, err := x.api.Service.List(x.r.Context(), x.key, filter)
	if err != nil {
		return err
	}
	next := ""
	if len(found) == filter.Limit {
		found = found[:filter.Limit-1]
		next = intake.NewCursor(intake.RunList, string(found[len(found)-1].ID))
	}
	return x.answerPage(found, next)
}

// answerPage answers with runs that were read without their account.
func (x *exchange) answerPage(found []dpp.Run, next string) error {
	account, err := x.api.Service.Account(x.r.Context(), x.key)
	if err != nil {
		return err
	}
	return x.answerRuns(found, account.Available, next)
}

func statusNames() []string {
	names := make([]string, 0, len(dpp.Statuses()))
	for _, s := range dpp.Statuses() {
		names = append(names, string(s))
	}
	return names
}

// runsOfIDs answers with those of the named runs that are the caller's own, as soon
// as any of them has ended.
func (x *exchange) runsOfIDs(q *intake.Query) error {
	for _, other := range []string{"status", "pack_type", "created_after", "created_before", "external_id", "limit", "cursor"} {
		if q.Given(other) {
			q.Wrong(other, "not_allowed", "This parameter cannot stand beside ids.", "")
		}
	}
	wait := q.Wait()
	texts := strings.Split(q.Value("ids"), ",")
	if q.Value("ids") == "" || len(texts) > maxIDs {
		q.Wrong("ids", "out_of_range", "The number of ids is out of range.", "1 to 100 ids, separated by commas")
	}
	if err := q.Err(); err != nil {
		return err
	}
	ids := make([]dpp.RunID, 0, len(texts))
	for _, text := range texts {
		if id := dpp.RunID(text); id.Valid() {
			ids = append(ids, id)
		}
	}
	states, err := x.findRuns(ids, wait)
	if err != nil {
		return err
	}
	if len(states) == 0 {
		return x.answerPage(nil, "")
	}
	found := make([]dpp.Run, len(states))
	account := states[0].Account
	for i, state := range states {
		found[i] = state.Run
		if state.Account.Version > account.Version {
			account = state.Account
		}
	}
	return x.answerRuns(found, account.Available, "")
}

func (x *exchange) findRuns(ids []dpp.RunID, wait int64) ([]store.RunState, error) {
	if wait == 0 || len(ids) == 0 {
		return x.api.Service.GetMany(x.r.Context(), x.key, ids)
	}
	ctx, cancel := x.patience(wait)
	defer cancel()
	return x.api.Service.WaitAny(ctx, x.key, ids)
}

// answerRuns answers with a page of Run objects, without URLs and envelopes.
func (x *exchange) answerRuns(found []dpp.Run, remaining dpp.Money, next string) error {
	page := dpp.List[dpp.RunView]{Data: make([]dpp.RunView, len(found)), NextCursor: next}
	for i := range found {
		var err error
		if page.Data[i], err = x.api.Service.View(x.r.Context(), &found[i], remaining, runs.ViewOptions{}); err != nil {
			return err
		}
	}
	x.Header().Set("X-DPP-Budget-Remaining", remaining.String())
	return x.json(http.StatusOK, cachePrivate, page)
}
