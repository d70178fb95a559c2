package redisgate_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"dpp"
	"dpp/internal/gate"
	"dpp/internal/gate/redisgate"
	"dpp/test/servers"
)

var submit = gate.Policy{Name: "submit", Quota: 1_000_000}

func spend(account dpp.AccountID, amount dpp.Money) gate.Request {
	return gate.Request{Account: account, Policy: submit, Spend: amount}
}

func admit(t testing.TB, g gate.Gate, requests ...gate.Request) []gate.Answer {
	t.Helper()
	answers, err := g.Admit(t.Context(), requests)
	if err != nil {
		t.Fatal(err)
	}
	return answers
}

func word(t testing.TB, g gate.Gate, account dpp.AccountID, available dpp.Money, version int64) {
	t.Helper()
	if err := g.Word(t.Context(), []gate.Word{{Account: account, Available: available, Version: version}}); err != nil {
		t.Fatal(err)
	}
}

func wantCovered(t testing.TB, g gate.Gate, what string, amount dpp.Money, want bool) {
	t.Helper()
	if got := admit(t, g, spend("ten_a", amount))[0].Covered; got != want {
		t.Errorf("%s: %s covered %t, want %t", what, amount, got, want)
	}
}

// Whatever the clock and the quotas do, and however requests are put into batches,
// the script decides as the reference does.
func TestTheScriptIsTheReference(t *testing.T) {
	clock := newHand()
	g := open(t, "redis://"+servers.Redis(t).Address(), redisgate.Options{Clock: clock.Now})
	sequence := 0
	rapid.Check(t, func(rt *rapid.T) {
		sequence++
		account := dpp.AccountID("ten_" + strconv.Itoa(sequence))
		buckets := map[string]*gate.Bucket{"x": {}, "y": {}}
		quotas := rapid.OneOf(rapid.Int64Range(-1, 12), rapid.Int64Range(1, 1e8), rapid.Just(int64(math.MaxInt64)))
		requests := rapid.Custom(func(t *rapid.T) gate.Request {
			return gate.Request{Account: account, Policy: gate.Policy{
				Name: rapid.SampledFrom([]string{"x", "y"}).Draw(t, "policy"), Quota: quotas.Draw(t, "quota"),
			}}
		})
		for range rapid.IntRange(1, 10).Draw(rt, "batches") {
			clock.Advance(time.Duration(rapid.OneOf(
				rapid.Int64Range(0, 1e9), rapid.Int64Range(-2e11, 2e11), rapid.Int64Range(-1e15, 1e15),
			).Draw(rt, "passed")))
			batch := rapid.SliceOfN(requests, 1, 20).Draw(rt, "batch")
			for i, answer := range admit(t, g, batch...) {
				if want := buckets[batch[i].Policy.Name].Take(batch[i].Policy, clock.Now()); answer.Rate != want || !answer.Covered {
					rt.Fatalf("request %d, %+v: %+v, want %+v", i, batch[i], answer, want)
				}
			}
		}
	})
}

// Processes agree on Redis's clock, whatever their own say.
func TestProcessesShareAQuota(t *testing.T) {
	url := "redis://" + servers.Redis(t).Address()
	one, two := open(t, url, redisgate.Options{}), open(t, url, redisgate.Options{})
	once := gate.Request{Account: "ten_a", Policy: gate.Policy{Name: "submit", Quota: 1}}
	if first := admit(t, one, once)[0].Rate; !first.Allowed || first.Reset != gate.Window {
		t.Errorf("the first: %+v", first)
	}
	second := admit(t, two, once)[0].Rate
	if second.Allowed || second.RetryAfter <= 0 || second.RetryAfter > gate.Window || second.RetryAfter != second.Reset {
		t.Errorf("the second, in another process: %+v", second)
	}
	third := admit(t, one, once)[0].Rate
	if third.RetryAfter >= second.RetryAfter {
		t.Errorf("time stands still: %+v after %+v", third, second)
	}
}

func TestProcessesShareMoney(t *testing.T) {
	url := "redis://" + servers.Redis(t).Address()
	one, two := open(t, url, redisgate.Options{}), open(t, url, redisgate.Options{})
	word(t, one, "ten_a", dpp.USD, 1)
	wantCovered(t, two, "half of it", dpp.USD/2, true)
	wantCovered(t, one, "all of it, of which half is gone", dpp.USD, false)
	wantCovered(t, one, "the other half", dpp.USD/2, true)
}

func TestInstallationsDoNotMeet(t *testing.T) {
	url := "redis://" + servers.Redis(t).Address()
	one, two := open(t, url, redisgate.Options{Prefix: "one:"}), open(t, url, redisgate.Options{Prefix: "two:"})
	word(t, one, "ten_a", 0, 1)
	wantCovered(t, two, "in the other", dpp.USD, true)
	wantCovered(t, one, "here", dpp.USD, false)
}

// What is kept goes away by itself: buckets soon after they are full, words a month
// after the last.
func TestWhatIsKeptEnds(t *testing.T) {
	s := servers.Redis(t)
	g, client := open(t, "redis://"+s.Address(), redisgate.Options{}), connect(t, s.Address())
	word(t, g, "ten_a", dpp.USD, 1)
	admit(t, g, spend("ten_a", dpp.Quantum), gate.Request{Account: "ten_a/test", Policy: gate.Policy{Name: "read", Quota: 2}})
	for key, most := range map[string]time.Duration{
		"dpp:gate:{ten_a}:money":          30 * 24 * time.Hour,
		"dpp:gate:{ten_a}:rate:submit":    time.Minute + time.Millisecond,
		"dpp:gate:{ten_a}/test:rate:read": time.Minute + gate.Window/2,
	} {
		left, err := client.Do(t.Context(), client.B().Pttl().Key(key).Build()).AsInt64()
		if ttl := time.Duration(left) * time.Millisecond; err != nil || ttl <= most-patience || ttl > most {
			t.Errorf("%s ends in %v (%v), want %v", key, ttl, err, most)
		}
	}
	if n, err := client.Do(t.Context(), client.B().Dbsize().Build()).AsInt64(); err != nil || n != 3 {
		t.Errorf("%d keys, %v", n, err)
	}
}

// A request that changes nothing writes nothing.
func TestRefusalsWriteNothing(t *testing.T) {
	s := servers.Redis(t)
	g, client := open(t, "redis://"+s.Address(), redisgate.Options{}), connect(t, s.Address())
	once := gate.Request{Account: "ten_a", Policy: gate.Policy{Name: "submit", Quota: 1}, Spend: dpp.USD}
	never := gate.Request{Account: "ten_b", Policy: gate.Policy{Name: "submit"}, Spend: dpp.USD}
	word(t, g, "ten_a", 100*dpp.USD, 1)
	admit(t, g, once, never)
	changes := func() string {
		_, info, _ := strings.Cut(command(t, client, "INFO", "persistence"), "rdb_changes_since_last_save:")
		count, _, _ := strings.Cut(info, "\r\n")
		return count
	}
	before := changes()
	for _, a := range admit(t, g, once, never, once, never) {
		if a.Rate.Allowed {
			t.Error("allowed")
		}
	}
	if after := changes(); after != before || before == "" {
		t.Errorf("%q changes became %q", before, after)
	}
}

// A Redis that has forgotten the scripts is taught them again, and does each thing once.
func TestScriptsAreLoadedAgain(t *testing.T) {
	testScriptsAreLoadedAgain(t, servers.Redis(t).Address())
}

func testScriptsAreLoadedAgain(t *testing.T, nodes ...string) {
	g, client := open(t, urlOf(nodes...), redisgate.Options{Prefix: newPrefix()}), connect(t, nodes...)
	var requests []gate.Request
	var words []gate.Word
	for i := range 30 { // on all nodes
		account := dpp.AccountID(fmt.Sprintf("ten_%d", i))
		words = append(words, gate.Word{Account: account, Available: 4 * dpp.Quantum, Version: 1})
		requests = append(requests, spend(account, dpp.Quantum))
	}
	command(t, client, "SCRIPT", "FLUSH")
	if err := g.Word(t.Context(), words); err != nil {
		t.Fatal(err)
	}
	admit(t, g, requests[:1]...) // from now on one node knows the script
	for round := range 5 {
		for i, a := range admit(t, g, requests...) {
			if want := round < 3 || round == 3 && i >= 1; a.Covered != want {
				t.Errorf("round %d, account %d: covered %t", round, i, a.Covered)
			}
		}
		if round > 0 {
			command(t, client, "SCRIPT", "FLUSH")
		}
	}
}

// Redis may lose everything at any moment. What is unknown is covered, and the next
// word is as good as the first.
func TestFlushedAtAnyMoment(t *testing.T) {
	s := servers.Redis(t)
	g, client := open(t, "redis://"+s.Address(), redisgate.Options{}), connect(t, s.Address())
	word(t, g, "ten_a", 0, 7)
	wantCovered(t, g, "of nothing", dpp.Quantum, false)
	command(t, client, "FLUSHALL")
	wantCovered(t, g, "of the unknown", dpp.MaxAmount, true)
	wantCovered(t, g, "of the unknown, which stays so", dpp.MaxAmount, true)
	word(t, g, "ten_a", dpp.USD, 7)
	wantCovered(t, g, "the same word again", dpp.USD, true)
	wantCovered(t, g, "and spent", dpp.Quantum, false)
}

// An old snapshot is wrong until the next word of each account, and an old word does
// not come back with it.
func TestRestoredFromAnOldSnapshot(t *testing.T) {
	const key = "dpp:gate:{ten_a}:money"
	s := servers.Redis(t)
	g, client := open(t, "redis://"+s.Address(), redisgate.Options{}), connect(t, s.Address())
	word(t, g, "ten_a", dpp.USD, 5)
	snapshot, err := client.Do(t.Context(), client.B().Dump().Key(key).Build()).ToString()
	if err != nil {
		t.Fatal(err)
	}
	word(t, g, "ten_a", 0, 8)
	if err := client.Do(t.Context(), client.B().Restore().Key(key).Ttl(0).SerializedValue(snapshot).Replace().Build()).Error(); err != nil {
		t.Fatal(err)
	}
	wantCovered(t, g, "by the snapshot", dpp.USD, true)
	word(t, g, "ten_a", 100*dpp.USD, 4)
	wantCovered(t, g, "after a word older than the snapshot", dpp.Quantum, false)
	word(t, g, "ten_a", 0, 8)
	wantCovered(t, g, "after the same word again", dpp.Quantum, false)
	word(t, g, "ten_a", dpp.Quantum, 9)
	wantCovered(t, g, "after the next word", dpp.Quantum, true)
}

// Keys of a tenant are on one node, whatever its name; those of many are on all.
func testTenants(t *testing.T, nodes []string) {
	prefix := newPrefix()
	g, client := open(t, urlOf(nodes[0]), redisgate.Options{Prefix: prefix}), connect(t, nodes...)
	var requests []gate.Request
	for _, tenant := range []string{"", "}", "{", "{}", "}{", "a}b", "=", "=7d", "7d", "ten_a"} {
		for _, account := range []string{tenant, tenant + "/test"} {
			id := dpp.AccountID(account)
			word(t, g, id, dpp.Quantum, 1)
			requests = append(requests, spend(id, dpp.Quantum), gate.Request{Account: id, Policy: gate.Policy{Name: "{read}", Quota: 9}})
		}
	}
	for i := range 50 {
		requests = append(requests, spend(dpp.AccountID(fmt.Sprintf("ten_%d", i)), 0))
	}
	for i, a := range admit(t, g, requests...) {
		if !a.Rate.Allowed || !a.Covered {
			t.Errorf("%+v: %+v", requests[i], a)
		}
	}
	for address, node := range client.Nodes() {
		keys, err := node.Do(t.Context(), node.B().Keys().Pattern(prefix+"*").Build()).AsStrSlice()
		if err != nil || len(keys) < 10 {
			t.Errorf("%s has the keys %q (%v)", address, keys, err)
		}
	}
}

func TestAnAccountIsForgottenWhereItCannotBeCounted(t *testing.T) {
	g := open(t, "redis://"+servers.Redis(t).Address(), redisgate.Options{})
	for version, available := range []dpp.Money{1 << 53, math.MaxInt64, -1, math.MinInt64} {
		word(t, g, "ten_a", 0, int64(2*version))
		word(t, g, "ten_a", available, int64(2*version+1))
		wantCovered(t, g, "unknown", math.MaxInt64, true)
	}
}

func TestLessThanNothingAddsNothing(t *testing.T) {
	g := open(t, "redis://"+servers.Redis(t).Address(), redisgate.Options{})
	word(t, g, "ten_a", 1, 1)
	for i, a := range admit(t, g, spend("ten_a", 2), spend("ten_a", -1), spend("ten_a", math.MinInt64), spend("ten_a", 2)) {
		if want := i == 1 || i == 2; a.Covered != want {
			t.Errorf("spend %d: covered %t", i, a.Covered)
		}
	}
	wantCovered(t, g, "afterwards", 2, false)
}

func TestDriftIsTold(t *testing.T) {
	var drifts []dpp.Money
	g := open(t, "redis://"+servers.Redis(t).Address(), redisgate.Options{
		Observer: redisgate.Observer{Drift: func(micros dpp.Money) { drifts = append(drifts, micros) }},
	})
	word(t, g, "ten_a", dpp.USD, 3) // nothing was known
	wantCovered(t, g, "a run", dpp.USD/4, true)
	word(t, g, "ten_a", dpp.USD-dpp.USD/4, 4) // as believed
	wantCovered(t, g, "a run that never comes", dpp.USD/4, true)
	word(t, g, "ten_a", dpp.USD-dpp.USD/4, 4) // less was believed
	word(t, g, "ten_a", 0, 5)                 // more was believed
	word(t, g, "ten_a", dpp.USD, 4)           // old
	word(t, g, "ten_a", 1<<53, 6)             // not countable
	word(t, g, "ten_a", dpp.USD, 7)           // nothing was known
	if got := fmt.Sprintf("%d", drifts); got != "[0 -250000 750000]" {
		t.Errorf("drifts %s", got)
	}
}

// What somebody else has put in the place of a key makes the gate unable to say, for
// that account.
func TestSpoiledKeys(t *testing.T) {
	s := servers.Redis(t)
	failed := make(chan string, 10)
	g := open(t, "redis://"+s.Address(), redisgate.Options{Observer: redisgate.Observer{Failed: func(call string) { failed <- call }}})
	client := connect(t, s.Address())
	command(t, client, "SET", "dpp:gate:{ten_a}:money", "x")
	if _, err := g.Admit(t.Context(), []gate.Request{spend("ten_a", dpp.USD)}); !errors.Is(err, redisgate.ErrUnavailable) {
		t.Errorf("Admit: error %v", err)
	}
	if err := g.Word(t.Context(), []gate.Word{{Account: "ten_a"}}); !errors.Is(err, redisgate.ErrUnavailable) {
		t.Errorf("Word: error %v", err)
	}
	command(t, client, "HSET", "dpp:gate:{ten_b}:money", "stamp", "", "available", "much")
	if err := g.Word(t.Context(), []gate.Word{{Account: "ten_b", Available: 0, Version: 1}}); !errors.Is(err, redisgate.ErrUnavailable) {
		t.Errorf("Word about an amount that is none: error %v", err)
	}
	if a := admit(t, g, spend("ten_b", dpp.USD))[0]; a.Covered {
		t.Error("the word that came was not kept")
	}
	if first, second, third := <-failed, <-failed, <-failed; first != "admit" || second != "word" || third != "word" {
		t.Errorf("failed: %s, %s, %s", first, second, third)
	}
}

func TestConcurrentBatches(t *testing.T) {
	const callers, rounds, tenants = 8, 20, 10
	g := open(t, "redis://"+servers.Redis(t).Address(), redisgate.Options{})
	var batch []gate.Request
	for i := range tenants {
		account := dpp.AccountID(fmt.Sprintf("ten_%d", i))
		word(t, g, account, callers*rounds/2*dpp.Quantum, 1)
		batch = append(batch, spend(account, dpp.Quantum))
	}
	counts := make(chan [tenants]int, callers)
	var asking sync.WaitGroup
	for range callers {
		asking.Go(func() {
			var count [tenants]int
			for range rounds {
				answers, err := g.Admit(t.Context(), batch)
				if err != nil {
					t.Error(err)
					break
				}
				for i, a := range answers {
					if a.Covered {
						count[i]++
					}
				}
			}
			counts <- count
		})
	}
	asking.Wait()
	close(counts)
	var total [tenants]int
	for count := range counts {
		for i, n := range count {
			total[i] += n
		}
	}
	for i, n := range total {
		if n != callers*rounds/2 {
			t.Errorf("account %d: %d were covered, want %d", i, n, callers*rounds/2)
		}
	}
}

func TestOpenEndsWithItsContext(t *testing.T) {
	proxy := servers.NewProxy(t, servers.Redis(t).Address())
	proxy.Slow(time.Hour)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if g, err := redisgate.Open(ctx, "redis://"+proxy.Address(), redisgate.Options{}); !errors.Is(err, context.Canceled) || g != nil {
		t.Errorf("%v, %v", g, err)
	}
}
