package urlpack

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"dpp"
	"dpp/internal/pack"
)

// outcome tells what the run found, after its workers have ended.
func (r *run) outcome(ctx context.Context) (*pack.Outcome, error) {
	if r.fault != nil {
		return nil, r.fault
	}
	found := &pack.Outcome{}
	rest := r.unfinished()
	if len(rest) > 0 {
		stop, err := r.stopped(ctx)
		if err != nil {
			return nil, err
		}
		found.Stopped, found.Remaining = stop, r.in.rest(rest)
	}
	discarded, blocked := r.evidence()
	if !r.anyOK() {
		return nil, r.failure(discarded, blocked)
	}
	results := r.results()
	found.Data = &Data{Results: results}
	found.Reliability, found.Reasons = overall(results), lowered(results)
	found.Discarded, found.Blocked = append(discarded, r.shelf.left...), blocked
	found.Artifacts = r.shelf.sorted()
	return found, nil
}

func (r *run) unfinished() []string {
	var urls []string
	for i, e := range r.entries {
		if e.result == nil {
			urls = append(urls, r.in.URLs[i])
		}
	}
	return urls
}

func (r *run) anyOK() bool {
	return slices.ContainsFunc(r.entries, func(e entry) bool { return e.result != nil && e.result.OK })
}

// stopped names the limit that left URLs unfinished. It is the error instead where
// nothing is worth keeping, or where no limit stopped the run but its caller.
func (r *run) stopped(ctx context.Context) (dpp.StopReason, error) {
	switch err := ctx.Err(); {
	case err != nil && !errors.Is(err, context.DeadlineExceeded):
		return "", err
	case r.spent && !r.anyOK():
		return "", pack.ErrCostLimit
	case r.spent:
		return dpp.StopCostLimit, nil
	case r.anyOK():
		return dpp.StopTimebox, nil
	default:
		return "", err
	}
}

// results lists an entry for each URL, those that were not reached included.
func (r *run) results() []*Result {
	list := make([]*Result, len(r.entries))
	for i, e := range r.entries {
		if list[i] = e.result; e.result == nil {
			list[i] = failed(r.in.URLs[i], notFetched, "A limit of the run was reached before this URL was finished.", true)
		}
	}
	return list
}

func (r *run) evidence() (discarded []pack.Discard, blocked []pack.Block) {
	for _, e := range r.entries {
		if e.result == nil || e.result.OK {
			continue
		}
		discarded = append(discarded, pack.Discard{URL: e.result.URL, Reason: e.result.Error.Reason, Detail: e.result.Error.Detail})
		if e.block != nil {
			blocked = append(blocked, *e.block)
		}
	}
	return discarded, blocked
}

// failure is how a run ends that has tried all its URLs in vain.
func (r *run) failure(discarded []pack.Discard, blocked []pack.Block) *pack.Failure {
	f := &pack.Failure{Discarded: discarded, Blocked: blocked}
	if !slices.ContainsFunc(r.entries, func(e entry) bool { return !e.refused }) {
		f.Reason = dpp.ReasonInputRejected
		f.Detail = fmt.Sprintf("All %d URLs were refused: %s.", len(r.entries), tally(discarded))
		f.Hint = "Use public https URLs without user information; set allow_http for plain http, and leave out addresses of private networks."
		return f
	}
	f.Reason = dpp.ReasonPackError
	f.Detail = fmt.Sprintf("None of the %d URLs could be read: %s.", len(r.entries), tally(discarded))
	f.Hint = "Check that the URLs exist and answer with HTML, text, JSON or PDF."
	f.Retryable = slices.ContainsFunc(r.entries, func(e entry) bool { return e.result.Error.Retryable })
	if f.Retryable {
		f.Hint = "Submit the same run again later, or with a larger fetch_timeout_sec."
	}
	return f
}

// tally counts the reasons, in the order of their first use.
func tally(discarded []pack.Discard) string {
	var order []string
	count := make(map[string]int)
	for _, d := range discarded {
		if count[d.Reason]++; count[d.Reason] == 1 {
			order = append(order, d.Reason)
		}
	}
	text := ""
	for i, reason := range order {
		if i > 0 {
			text += ", "
		}
		text += fmt.Sprintf("%s %d", reason, count[reason])
	}
	return text
}

// lowered says what lowers the reliability, with the places in the inputs.
func lowered(results []*Result) []string {
	var reasons []string
	for i, r := range results {
		switch {
		case r.Page != nil:
			for _, note := range r.Notes {
				reasons = append(reasons, fmt.Sprintf("urls[%d]: %s", i, note))
			}
		case r.Error != nil && r.Error.Reason != notFetched:
			reasons = append(reasons, fmt.Sprintf("urls[%d]: %s", i, r.Error.Reason))
		}
	}
	return reasons
}
