package redisgate

import (
	"context"
	"crypto/sha1" //nolint:gosec // it is how Redis names scripts
	_ "embed"
	"encoding/hex"

	"github.com/redis/rueidis"
)

//go:embed lua/reserve.lua
var reserveSource string

//go:embed lua/word.lua
var wordSource string

var (
	reserveScript = newScript(reserveSource)
	wordScript    = newScript(wordSource)
)

// script is a Lua script, and the name by which a Redis that has seen it knows it.
type script struct{ source, name string }

func newScript(source string) script {
	sum := sha1.Sum([]byte(source)) //nolint:gosec // it is how Redis names scripts
	return script{source: source, name: hex.EncodeToString(sum[:])}
}

// call is one run of a script. All its keys share a hash tag.
type call struct{ keys, args []string }

// ask makes all calls in one round trip, on a cluster one for each node. Redis says
// so where it does not know the script, and has done nothing then: those calls are
// made in a second round trip that brings the script along. No other is repeated.
func (s script) ask(calls []call) question {
	return func(ctx context.Context, client rueidis.Client) ([]rueidis.RedisMessage, error) {
		commands := make(rueidis.Commands, len(calls))
		for i, c := range calls {
			commands[i] = client.B().Evalsha().Sha1(s.name).Numkeys(int64(len(c.keys))).Key(c.keys...).Arg(c.args...).Build()
		}
		answers := make([]rueidis.RedisMessage, len(calls))
		var again []int
		for i, result := range client.DoMulti(ctx, commands...) {
			var err error
			if answers[i], err = result.ToMessage(); err == nil {
				continue
			}
			if refusal, ok := rueidis.IsRedisErr(err); !ok || !refusal.IsNoScript() {
				return nil, err
			}
			again = append(again, i)
		}
		if len(again) == 0 {
			return answers, nil
		}
		return answers, s.teach(ctx, client, calls, again, answers)
	}
}

// teach makes some of the calls with the whole script.
func (s script) teach(ctx context.Context, client rueidis.Client, calls []call, which []int, answers []rueidis.RedisMessage) error {
	commands := make(rueidis.Commands, len(which))
	for n, i := range which {
		c := calls[i]
		commands[n] = client.B().Eval().Script(s.source).Numkeys(int64(len(c.keys))).Key(c.keys...).Arg(c.args...).Build()
	}
	for n, result := range client.DoMulti(ctx, commands...) {
		var err error
		if answers[which[n]], err = result.ToMessage(); err != nil {
			return err
		}
	}
	return nil
}
