package ledger_test

import (
	"encoding/hex"
	"testing"
	"time"

	"pgregory.net/rapid"

	"dpp"
	"dpp/internal/ledger"
)

// The vectors were computed apart from this program, with the sha256 and struct
// modules of another language: the digest before, then for each of account, kind,
// direction, run and reference its length in 8 bytes and its bytes, then sequence,
// micros and milliseconds in 8 bytes each, all big-endian.
func TestChainVectors(t *testing.T) {
	entries := []ledger.Entry{
		{Account: "ten_a", Seq: 1, Kind: ledger.Credit, Amount: 100 * dpp.USD, Reference: "invoice 7", CreatedAt: time.UnixMilli(1_767_225_600_123)},
		{Account: "ten_a", Seq: 2, Kind: ledger.Hold, Amount: 500_000, Run: "run_b", CreatedAt: time.UnixMilli(1_767_225_601_000).UTC()},
		{Account: "ten_a", Seq: 3, Kind: ledger.Adjust, Direction: ledger.Down, Amount: 100, Reference: "fix", CreatedAt: time.UnixMilli(-1)},
	}
	var digest ledger.Digest
	for i, want := range []string{
		"c191513211422539e1ed213f59893c6c0c40d8ed00f83e458b00d5a658c7a6e6",
		"c6834ec8ef9cbb8e13e63a70a10585d38486b3355a3a13bc9d8238e7122d4f12",
		"86b1b69daafa79eec0c016ea5a976fccbbba030bff818cb76afa7a78e5546c72",
	} {
		digest = digest.Chain(entries[i])
		if got := hex.EncodeToString(digest[:]); got != want {
			t.Errorf("after entry %d the digest is %s, want %s", i+1, got, want)
		}
	}
}

func anyEntry() *rapid.Generator[ledger.Entry] {
	text := rapid.StringMatching(`[ab]{0,3}`)
	return rapid.Custom(func(t *rapid.T) ledger.Entry {
		return ledger.Entry{
			Account: dpp.AccountID(text.Draw(t, "account")), Seq: rapid.Int64Range(0, 3).Draw(t, "seq"), Kind: ledger.Kind(text.Draw(t, "kind")),
			Direction: ledger.Direction(text.Draw(t, "direction")), Amount: dpp.Money(rapid.Int64Range(0, 3).Draw(t, "amount")),
			Run: dpp.RunID(text.Draw(t, "run")), Reference: text.Draw(t, "reference"), CreatedAt: time.UnixMilli(rapid.Int64Range(0, 3).Draw(t, "at")),
		}
	})
}

// Entries made of few letters and numbers, so that what one field loses another
// may win, have the same digest only where they are the same.
func TestDigestTellsEntriesApart(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := anyEntry().Draw(t, "a"), anyEntry().Draw(t, "b")
		if (ledger.Digest{}.Chain(a) == ledger.Digest{}.Chain(b)) != (a == b) {
			t.Fatalf("%+v and %+v: the digests do not say whether they are the same", a, b)
		}
	})
}

func TestDigestSeesEveryField(t *testing.T) {
	original := ledger.Entry{
		Account: "ten_a", Seq: 5, Kind: ledger.Adjust, Direction: ledger.Up, Amount: 100, Run: "run_a", Reference: "r", CreatedAt: time.UnixMilli(1_000),
	}
	for name, change := range map[string]func(*ledger.Entry){
		"account":       func(e *ledger.Entry) { e.Account = "ten_b" },
		"sequence":      func(e *ledger.Entry) { e.Seq++ },
		"kind":          func(e *ledger.Entry) { e.Kind = ledger.Credit },
		"direction":     func(e *ledger.Entry) { e.Direction = ledger.Down },
		"amount":        func(e *ledger.Entry) { e.Amount++ },
		"sign":          func(e *ledger.Entry) { e.Amount = -e.Amount },
		"run":           func(e *ledger.Entry) { e.Run = "" },
		"reference":     func(e *ledger.Entry) { e.Reference += " " },
		"time":          func(e *ledger.Entry) { e.CreatedAt = e.CreatedAt.Add(time.Millisecond) },
		"a field apart": func(e *ledger.Entry) { e.Run, e.Reference = "run_", "ar" },
	} {
		changed := original
		change(&changed)
		if (ledger.Digest{}).Chain(changed) == (ledger.Digest{}).Chain(original) {
			t.Errorf("another %s is not seen", name)
		}
	}
	elsewhere := original
	elsewhere.CreatedAt = original.CreatedAt.In(time.FixedZone("", 3600))
	if (ledger.Digest{}).Chain(elsewhere) != (ledger.Digest{}).Chain(original) {
		t.Error("the zone in which a time is written changes the digest")
	}
}

// Nothing can be dropped, doubled, exchanged or put in without changing the last
// digest.
func TestDigestSeesTheOrder(t *testing.T) {
	fold := func(entries ...ledger.Entry) (d ledger.Digest) {
		for _, e := range entries {
			d = d.Chain(e)
		}
		return d
	}
	a, b, c := ledger.Entry{Seq: 1}, ledger.Entry{Seq: 2}, ledger.Entry{Seq: 3}
	seen := map[ledger.Digest]bool{{}: true}
	for _, history := range [][]ledger.Entry{{a}, {b}, {a, b}, {b, a}, {a, a}, {a, b, c}, {a, c, b}, {b, c}, {a, c}} {
		if d := fold(history...); seen[d] {
			t.Errorf("%v has the digest of another history", history)
		} else {
			seen[d] = true
		}
	}
}
