package llm

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/cenkalti/backoff/v5"
	"github.com/go-json-experiment/json/jsontext"

	"dpp"
	"dpp/internal/pack"
)

// Answer is a document of the form that was asked for.
type Answer struct {
	Document jsontext.Value
	// Model is the name that the server gives the model, or the one that was asked.
	Model string
	Usage Usage
}

// maxTries is how often a call is made that finds the server busy or away.
const maxTries = 3

// firstPause is before the second try, unless the server says when to come again, and
// maxPause the longest that is waited for its sake.
const (
	firstPause = 500 * time.Millisecond
	maxPause   = time.Minute
)

// Call is a question that is about to be asked, and paid for at its worst.
type Call struct {
	client         *Client
	request        Request
	hold           *pack.Hold
	bound, granted int64
}

// Ask is [Client.Prepare] and [Call.Do].
func (c *Client) Ask(ctx context.Context, meter *pack.Meter, r Request) (Answer, error) {
	call, err := c.Prepare(meter, r)
	if err != nil {
		return Answer{}, err
	}
	return call.Do(ctx)
}

// Prepare holds the worst that a call could take on the meter; nothing is sent yet. Where
// there is no money for that, the answer may have fewer tokens, and where there is none
// for r.LeastTokens, it is [pack.ErrCostLimit]. Other errors are an [*Error]. Who prepares
// a call does it, or drops it.
func (c *Client) Prepare(meter *pack.Meter, r Request) (*Call, error) {
	bound, err := c.bound(r)
	if err != nil {
		return nil, err
	}
	hold, granted, err := meter.ReserveUpTo(UnitOutput, r.LeastTokens, r.MaxTokens, pack.Quantity{Unit: UnitInput, Quantity: bound})
	if err != nil {
		return nil, err
	}
	return &Call{client: c, request: r, hold: hold, bound: bound, granted: granted}, nil
}

// Drop gives back what is held for a call that is not made.
func (c *Call) Drop() { c.hold.Release() }

// Do asks. What the call took is counted as soon as the server answered, also where its
// answer is of no use; a call without an answer counts nothing. The error is an [*Error],
// or ctx's own end.
func (c *Call) Do(ctx context.Context) (Answer, error) {
	defer c.hold.Release()
	select {
	case c.client.slots <- struct{}{}:
		defer func() { <-c.client.slots }()
	case <-ctx.Done():
		return Answer{}, context.Cause(ctx)
	}
	got, sent, err := c.client.reach(ctx, c.request, c.granted)
	if err != nil {
		return Answer{}, err
	}
	answer, usage, fault := c.client.judge(c.request, got, sent, c.bound, c.granted)
	if err := c.hold.Settle(pack.Quantity{Unit: UnitInput, Quantity: usage.Input}, pack.Quantity{Unit: UnitOutput, Quantity: usage.Output}); err != nil {
		return Answer{}, fmt.Errorf("llm: %w", err)
	}
	if fault != nil {
		return Answer{}, fault
	}
	return answer, nil
}

// judge makes an answer out of what a server sent with status 200.
func (c *Client) judge(r Request, got answered, sent, bound, granted int64) (Answer, Usage, *Error) {
	if fault := got.fault(); fault != nil { // it is too large
		return Answer{}, tally{}.usage(sent, int64(len(got.body)), bound, granted), fault
	}
	from, text, fault := read(got.body)
	received := int64(len(text))
	if fault != nil && text == "" {
		received = int64(len(got.body))
	}
	usage := from.Usage.usage(sent, received, bound, granted)
	if fault != nil {
		return Answer{}, usage, fault
	}
	document, err := r.Form.find(text)
	if err != nil {
		return Answer{}, usage, &Error{Kind: Malformed, Status: got.status}
	}
	return Answer{Document: document, Model: from.nameOr(c.model), Usage: usage}, usage, nil
}

// reach tries until a server answers with status 200, or nothing better can be hoped
// for. It returns how many bytes its request had.
func (c *Client) reach(ctx context.Context, r Request, granted int64) (answered, int64, error) {
	pause := backoff.NewExponentialBackOff()
	pause.InitialInterval = firstPause
	for try := 1; ; try++ {
		got, sent, err := c.spell(ctx, r, granted)
		if err == nil && got.status == http.StatusOK {
			return got, sent, nil
		}
		fault := got.fault()
		if err != nil && !errors.As(err, &fault) {
			return answered{}, 0, err
		}
		wait := pause.NextBackOff()
		if err == nil && got.after >= 0 {
			wait = got.after
		}
		if again := fault.Kind == Busy || fault.Kind == Unreachable; !again || try == maxTries || tooLate(ctx, wait) {
			return answered{}, 0, fault
		}
		if !sleep(ctx, wait) {
			return answered{}, 0, context.Cause(ctx)
		}
	}
}

// tooLate tells whether a pause is longer than anybody would wait, or the run will have
// ended after it.
func tooLate(ctx context.Context, pause time.Duration) bool {
	end, ends := ctx.Deadline()
	return pause > maxPause || ends && time.Until(end) <= pause
}

func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

// spell sends a request in the dialect that the server understood last, and in others
// where it refuses that. What it understands is remembered.
func (c *Client) spell(ctx context.Context, r Request, granted int64) (answered, int64, error) {
	for d := *c.dialect.Load(); ; {
		content, err := r.encode(c.model, d, granted)
		if err != nil {
			return answered{}, 0, err
		}
		got, err := c.exchange(ctx, content)
		if err != nil {
			return answered{}, 0, err
		}
		param, may := got.dialectal()
		if !may {
			if got.status == http.StatusOK {
				c.dialect.Store(&d)
			}
			return got, int64(len(content)), nil
		}
		if d, may = d.without(param); !may {
			return got, int64(len(content)), nil
		}
	}
}

// Ping asks the model a question of a few tokens and tells whether it answers, whatever
// that is: nil, an [*Error], or ctx's own end.
func (c *Client) Ping(ctx context.Context) error {
	form, err := NewForm("answer", jsontext.Value(`{"type":"object"}`))
	if err != nil {
		return err
	}
	meter := pack.NewMeter(c.Prices(), dpp.MaxAmount, nil)
	_, err = c.Ask(ctx, meter, Request{Rules: "Say that you are there.", Data: "{}", Form: form, MaxTokens: pingTokens, LeastTokens: pingTokens})
	var fault *Error
	if errors.As(err, &fault) && fault.Spoiled() {
		return nil
	}
	return err
}

// pingTokens are few, and as many as servers want at least.
const pingTokens = 16
