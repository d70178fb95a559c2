package ocrpack

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"dpp"
	"dpp/internal/pack"
)

// Bounds of lists of a whole run.
const (
	maxDoubts  = 5_000
	maxReasons = 100
	// mostDetails is how many different problems a failure tells.
	mostDetails = 5
)

// outcome tells what the run found, after its pages have ended.
func (r *run) outcome(ctx context.Context) (*pack.Outcome, error) {
	if r.fault != nil {
		return nil, r.fault
	}
	found := &pack.Outcome{}
	if rest := r.rest(); len(rest) > 0 {
		stop, err := r.stop(ctx)
		if err != nil {
			return nil, err
		}
		found.Stopped, found.Remaining = stop, r.in.rest(rest)
	}
	discarded, blocked := r.evidence()
	if !r.anyRead() {
		return nil, r.nothing(discarded, blocked)
	}
	var left []pack.Discard
	found.Artifacts, left = shelve(r.pages())
	found.Data = r.data()
	found.Reliability, found.Reasons = r.reliability(), r.reasons()
	found.Discarded, found.Blocked = append(discarded, left...), blocked
	return found, nil
}

// pages are all that are finished, in the order of the inputs.
func (r *run) pages() (all []*Page) {
	for _, s := range r.states {
		for _, p := range s.pages {
			if p != nil {
				all = append(all, p)
			}
		}
	}
	return all
}

func (r *run) anyRead() bool {
	return slices.ContainsFunc(r.pages(), func(p *Page) bool { return p.Content != nil })
}

// rest are the files with pages left, those pages alone.
func (r *run) rest() (left []file) {
	for i, s := range r.states {
		f := r.in.Files[i]
		if s.opened {
			var pages []int
			for k, p := range s.pages {
				if p == nil {
					pages = append(pages, s.wanted[k])
				}
			}
			if len(pages) == 0 {
				continue
			}
			if len(pages) < len(s.wanted) {
				f.Pages = pagesText(pages)
			}
		}
		left = append(left, f)
	}
	return left
}

// stop names the limit that left pages undone. It is the error instead where nothing is
// worth keeping, or where no limit stopped the run but its caller.
func (r *run) stop(ctx context.Context) (dpp.StopReason, error) {
	switch err := ctx.Err(); {
	case err != nil && !errors.Is(err, context.DeadlineExceeded):
		return "", err
	case r.spent && !r.anyRead():
		return "", pack.ErrCostLimit
	case r.spent:
		return dpp.StopCostLimit, nil
	case r.anyRead():
		return dpp.StopTimebox, nil
	default:
		return "", context.DeadlineExceeded
	}
}

func (r *run) data() *Data {
	d := &Data{Documents: []*Document{}, Found: []Found{}, LowConfidence: []Doubt{}}
	for _, s := range r.states {
		d.Documents = append(d.Documents, s.document)
		for _, p := range s.pages {
			if p == nil {
				continue
			}
			s.document.Pages = append(s.document.Pages, p)
			if p.Content != nil {
				d.Found = append(d.Found, p.finds...)
				d.LowConfidence = append(d.LowConfidence, p.doubts...)
			}
		}
	}
	d.Found = d.Found[:min(len(d.Found), maxFound)]
	d.LowConfidence = d.LowConfidence[:min(len(d.LowConfidence), maxDoubts)]
	return d
}

// reliability is the mean confidence of all pages that were tried. A page that could not be
// read counts 0, and so does a file without pages, as one page.
func (r *run) reliability() dpp.Score {
	var sum, tried int64
	for _, s := range r.states {
		if s.document.Error != nil {
			tried++
		}
	}
	for _, p := range r.pages() {
		tried++
		if p.Content != nil {
			sum += int64(p.Confidence)
		}
	}
	if tried == 0 {
		return 0
	}
	return dpp.Score(sum / tried) //nolint:gosec // a mean of scores is no larger than one
}

// reasons say what lowers the reliability, with the places in the inputs.
func (r *run) reasons() (all []string) {
	add := func(s *state, page int, what string) {
		if len(all) < maxReasons {
			place := fmt.Sprintf("files[%d]", s.index)
			if page > 0 {
				place += fmt.Sprintf(", page %d", page)
			}
			all = append(all, place+": "+what)
		}
	}
	for _, s := range r.states {
		if s.document.Error != nil {
			add(s, 0, s.document.Error.Reason)
		}
		for _, p := range s.pages {
			switch {
			case p == nil:
			case p.Error != nil:
				add(s, p.Number, p.Error.Reason)
			default:
				for _, note := range p.Notes {
					add(s, p.Number, note)
				}
				if p.Confidence < lowPage {
					add(s, p.Number, "confidence "+p.Confidence.String())
				}
			}
		}
	}
	return all
}

// lowPage is the confidence below which a page is named among the reasons.
const lowPage dpp.Score = 900_000

// evidence lists the files and pages that gave no text.
func (r *run) evidence() (discarded []pack.Discard, blocked []pack.Block) {
	for _, s := range r.states {
		if s.failure != nil {
			discarded, blocked = append(discarded, s.failure.Discarded...), append(blocked, s.failure.Blocked...)
		}
		if e := s.document.Error; e != nil {
			discarded = append(discarded, pack.Discard{Item: fmt.Sprintf("files/%d", s.index), Reason: e.Reason, Detail: e.Detail})
		}
		for _, p := range s.pages {
			if p != nil && p.Error != nil {
				discarded = append(discarded, pack.Discard{Item: fmt.Sprintf("files/%d/page/%d", s.index, p.Number), Reason: p.Error.Reason, Detail: p.Error.Detail})
			}
		}
	}
	return discarded, blocked
}

// nothing is how a run ends that has tried all its files in vain: for the reasons that there
// were, each told once.
func (r *run) nothing(discarded []pack.Discard, blocked []pack.Block) *pack.Failure {
	problems := r.problems()
	f := &pack.Failure{Reason: dpp.ReasonInputRejected, Discarded: discarded, Blocked: blocked}
	var details []string
	for i, p := range problems {
		if !p.input {
			f.Reason = dpp.ReasonPackError
		}
		f.Retryable = f.Retryable || p.Retryable
		if text := p.text(); !slices.Contains(details, text) && len(details) < mostDetails {
			details = append(details, text)
		}
		if i == 0 || p.Retryable {
			f.Hint = p.hint
		}
	}
	f.Detail = "No page could be read. " + strings.Join(details, " ")
	return f
}

func (r *run) problems() (all []*Problem) {
	for _, s := range r.states {
		if s.document.Error != nil {
			all = append(all, s.document.Error)
		}
	}
	for _, p := range r.pages() {
		if p.Error != nil {
			all = append(all, p.Error)
		}
	}
	return all
}
