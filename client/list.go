package client

import (
	"context"
	"fmt"
	"iter"
	"maps"
	"time"

	"dpp"
)

// pageSize is how many things are asked for at once.
const pageSize = "100"

// Filter selects runs. The zero value selects all.
type Filter struct {
	Status        dpp.Status
	PackType      string
	ExternalID    string
	CreatedAfter  time.Time // inclusive
	CreatedBefore time.Time // exclusive
}

// List yields the key's runs, newest first, without URLs and envelopes. It asks for
// the next page once the one before is used up. An error ends the sequence.
func (c *Client) List(ctx context.Context, f Filter) iter.Seq2[dpp.RunView, error] {
	r := request{path: "/v1/runs"}
	for name, value := range map[string]string{
		"status": string(f.Status), "pack_type": f.PackType, "external_id": f.ExternalID,
		"created_after": moment(f.CreatedAfter), "created_before": moment(f.CreatedBefore),
	} {
		if value != "" {
			r.set(name, value)
		}
	}
	return pages[dpp.RunView](ctx, c, r)
}

// Ledger yields the entries of the key's account, newest first, as [Client.List]
// does runs.
func (c *Client) Ledger(ctx context.Context) iter.Seq2[dpp.EntryView, error] {
	return pages[dpp.EntryView](ctx, c, request{path: "/v1/ledger"})
}

func pages[T any](ctx context.Context, c *Client, r request) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var none T
		r := r
		r.query = maps.Clone(r.query) // each use of the sequence begins at the first page
		r.set("limit", pageSize)
		for {
			page, err := get[dpp.List[T]](ctx, c, r)
			if err == nil && page.NextCursor != "" && page.NextCursor == r.query.Get("cursor") {
				err = fmt.Errorf("%w: a page names itself as the next", ErrMalformed)
			}
			if err != nil {
				yield(none, err)
				return
			}
			for _, item := range page.Data {
				if !yield(item, nil) {
					return
				}
			}
			if page.NextCursor == "" {
				return
			}
			r.set("cursor", page.NextCursor)
		}
	}
}

func moment(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339Nano)
}
