package api

import (
	"net/http"
	"time"

	"dpp"
	"dpp/internal/api/intake"
)

// getBudget answers GET /v1/budget.
func getBudget(x *exchange) error {
	account, err := x.api.Service.Account(x.r.Context(), x.key)
	if err != nil {
		return err
	}
	return x.json(http.StatusOK, cacheNever, dpp.BudgetView{
		Available: account.Available, Held: account.Held, Spent: account.Spent, Limits: []dpp.LimitView{},
	})
}

// getLedger answers GET /v1/ledger.
func getLedger(x *exchange) error {
	q, err := x.query("limit", "cursor")
	if err != nil {
		return err
	}
	limit := int(q.Integer("limit", defaultLimit, 1, maxLimit))
	if err := q.Err(); err != nil {
		return err
	}
	before, err := q.LedgerCursor()
	if err != nil {
		return err
	}
	entries, err := x.api.Service.Entries(x.r.Context(), x.key, before, limit+1)
	if err != nil {
		return err
	}
	page := dpp.List[dpp.EntryView]{Data: make([]dpp.EntryView, 0, limit)}
	if len(entries) > limit {
		entries = entries[:limit]
		page.NextCursor = intake.NewCursor(intake.LedgerList, itoa(entries[limit-1].Seq))
	}
	for _, e := range entries {
		page.Data = append(page.Data, dpp.EntryView{
			Seq: e.Seq, Kind: string(e.Kind), Direction: string(e.Direction), Amount: e.Amount,
			RunID: e.Run, Reference: e.Reference, CreatedAt: dpp.Time{Time: e.CreatedAt},
		})
	}
	return x.json(http.StatusOK, cacheNever, page)
}

const (
	defaultUsageDays = 30
	maxUsageDays     = 366
	day              = 24 * time.Hour
)

// getUsage answers GET /v1/usage: the days of [from, to), the last 30 where nothing
// else is asked for, today included.
func getUsage(x *exchange) error {
	q, err := x.query("from", "to")
	if err != nil {
		return err
	}
	from, to := span(q, time.Now())
	if err := q.Err(); err != nil {
		return err
	}
	days, err := x.api.Service.Usage(x.r.Context(), x.key, from, to)
	if err != nil {
		return err
	}
	page := dpp.List[dpp.UsageView]{Data: make([]dpp.UsageView, 0, len(days))}
	for _, d := range days {
		page.Data = append(page.Data, dpp.UsageView{
			Day: d.Day, PackType: d.PackType, Submitted: d.Submitted, Completed: d.Completed, Failed: d.Failed,
			Expired: d.Expired, Canceled: d.Canceled, Reserved: d.Reserved, Charged: d.Charged,
		})
	}
	return x.json(http.StatusOK, cacheNever, page)
}

// span reads from and to. Each defaults to what makes the span the usual one.
func span(q *intake.Query, now time.Time) (from, to time.Time) {
	tomorrow := now.UTC().Truncate(day).Add(day)
	switch to = q.Day("to", tomorrow); {
	case q.Given("from"):
		from = q.Day("from", to)
	default:
		from = to.Add(-defaultUsageDays * day)
	}
	if q.Err() != nil {
		return from, to
	}
	switch {
	case !from.Before(to):
		q.Wrong("from", "out_of_range", "The span is empty: from must be before to.", "a day before to")
	case to.Sub(from) > maxUsageDays*day:
		q.Wrong("from", "out_of_range", "The span is too long.", "at most 366 days before to")
	}
	return from, to
}
