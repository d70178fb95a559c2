package redisgate

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"time"

	"github.com/redis/rueidis"

	"dpp"
	"dpp/internal/gate"
)

// The letters with which reserve.lua answers a request.
const (
	overRate   = 'r'
	covered    = 'c'
	notCovered = 'n'
)

// errAnswer: the script's answer is not one that it can give.
var errAnswer = errors.New("the script reserve gave an answer that cannot be")

// Admit implements [gate.Gate]. There is one script call for each account.
func (g *Gate) Admit(ctx context.Context, requests []gate.Request) ([]gate.Answer, error) {
	answers := make([]gate.Answer, len(requests))
	parties := g.parties(requests, answers)
	if len(parties) == 0 {
		return answers, ctx.Err()
	}
	calls := make([]call, len(parties))
	for i := range parties {
		calls[i] = g.reserve(&parties[i], requests)
	}
	messages, err := g.ask(ctx, "admit", reserveScript.ask(calls))
	if err != nil {
		return nil, err
	}
	for i := range parties {
		if err := parties[i].read(messages[i], requests, answers); err != nil {
			return nil, g.failed("admit", err)
		}
	}
	return answers, nil
}

// party is the requests of one account in a batch.
type party struct {
	account  dpp.AccountID
	requests []int    // their places in the batch
	policies []string // the names of their policies, each of which has a bucket
}

// parties groups requests by account. A policy that allows nothing needs no Redis:
// its requests are answered at once.
func (g *Gate) parties(requests []gate.Request, answers []gate.Answer) []party {
	var parties []party
	byAccount := make(map[dpp.AccountID]int)
	for i, r := range requests {
		if r.Policy.Quota <= 0 {
			var none gate.Bucket
			answers[i] = gate.Answer{Rate: none.Take(r.Policy, time.Time{}), Covered: true}
			continue
		}
		n, ok := byAccount[r.Account]
		if !ok {
			n = len(parties)
			byAccount[r.Account] = n
			parties = append(parties, party{account: r.Account})
		}
		p := &parties[n]
		p.requests = append(p.requests, i)
		if !slices.Contains(p.policies, r.Policy.Name) {
			p.policies = append(p.policies, r.Policy.Name)
		}
	}
	return parties
}

// reserve is the script call for a party, as reserve.lua describes it.
func (g *Gate) reserve(p *party, requests []gate.Request) call {
	c := call{keys: make([]string, 0, 1+len(p.policies)), args: make([]string, 0, 5+len(p.requests))}
	c.keys = append(c.keys, g.moneyKey(p.account))
	for _, name := range p.policies {
		c.keys = append(c.keys, g.rateKey(p.account, name))
	}
	c.args = append(c.args, g.now())
	for start := 0; start < len(p.requests); {
		policy, end := requests[p.requests[start]].Policy, start+1
		for end < len(p.requests) && requests[p.requests[end]].Policy == policy {
			end++
		}
		step, burst := policy.Pace()
		index := 2 + slices.Index(p.policies, policy.Name)
		c.args = append(c.args, strconv.Itoa(index), decimal(step), decimal(burst), strconv.Itoa(end-start))
		for _, i := range p.requests[start:end] {
			c.args = append(c.args, decimal(int64(min(max(0, requests[i].Spend), exact))))
		}
		start = end
	}
	return c
}

func decimal(n int64) string { return strconv.FormatInt(n, 10) }

// now is the time for a script; empty for Redis's own.
func (g *Gate) now() string {
	if g.opts.Clock == nil {
		return ""
	}
	return decimal(g.opts.Clock().UnixMicro())
}

// read reads the script's answer to a party. What a caller is told of its rate is computed
// from the buckets as the script found them; the script and the reference must agree
// on who is allowed.
func (p *party) read(message rueidis.RedisMessage, requests []gate.Request, answers []gate.Answer) error {
	parts, err := message.ToArray()
	if err != nil {
		return err
	}
	if len(parts) != 2+len(p.policies) {
		return errAnswer
	}
	micros, err := parts[0].AsInt64()
	if err != nil {
		return err
	}
	letters, err := parts[1].ToString()
	if err != nil {
		return err
	}
	if len(letters) != len(p.requests) {
		return errAnswer
	}
	buckets := make([]gate.Bucket, len(p.policies))
	for n := range buckets {
		arrival, err := parts[2+n].AsInt64()
		if err != nil {
			return err
		}
		buckets[n] = gate.BucketAt(arrival)
	}
	now := time.UnixMicro(micros)
	for n, i := range p.requests {
		policy := requests[i].Policy
		rate := buckets[slices.Index(p.policies, policy.Name)].Take(policy, now)
		if rate.Allowed == (letters[n] == overRate) {
			return errAnswer
		}
		answers[i] = gate.Answer{Rate: rate, Covered: letters[n] != notCovered}
	}
	return nil
}
