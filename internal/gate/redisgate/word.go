package redisgate

import (
	"context"
	"fmt"
	"strconv"

	"github.com/redis/rueidis"

	"dpp"
	"dpp/internal/gate"
)

// exact is the first amount that a script cannot tell from the next one. The gate
// never holds as much: an account that has more is unknown to it, and left to the
// ledger. A request for more is asked as one for this, which nothing that is
// known can cover.
const exact = 1 << 53

// remembered is how long a word is kept, in seconds. An account that nobody used for
// so long is forgotten, which costs nothing but the next refusal's way to the ledger.
const remembered = "2592000" // 30 days

// Word implements [gate.Gate].
func (g *Gate) Word(ctx context.Context, words []gate.Word) error {
	if len(words) == 0 {
		return ctx.Err()
	}
	calls := make([]call, len(words))
	for i, w := range words {
		calls[i] = call{keys: []string{g.moneyKey(w.Account)}, args: []string{stamp(w), countable(w.Available), remembered}}
	}
	answers, err := g.ask(ctx, "word", wordScript.ask(calls))
	if err != nil {
		return err
	}
	for i, answer := range answers {
		if err := g.drift(words[i].Available, answer); err != nil {
			return g.failed("word", err)
		}
	}
	return nil
}

// stamp orders words as text. Neither number is ever negative.
func stamp(w gate.Word) string { return fmt.Sprintf("%019d.%019d", max(0, w.Epoch), max(0, w.Version)) }

// countable is an amount for a script; empty where it is none that is counted exactly.
func countable(m dpp.Money) string {
	if m < 0 || m >= exact {
		return ""
	}
	return strconv.FormatInt(int64(m), 10)
}

// drift tells the observer what was believed before a word.
func (g *Gate) drift(said dpp.Money, answer rueidis.RedisMessage) error {
	held, err := answer.ToString()
	if err != nil || held == "" || countable(said) == "" {
		return err
	}
	believed, err := strconv.ParseInt(held, 10, 64)
	if err != nil {
		return err
	}
	g.opts.Observer.Drift(dpp.Money(believed) - said)
	return nil
}
