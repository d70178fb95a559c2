package number

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"flag"
	"math"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
)

var write = flag.Bool("write", false, "write the golden files anew")

// TestGoldenElementary: every bit of logarithms, powers and random streams is the
// same on every machine.
func TestGoldenElementary(t *testing.T) {
	sum := sha256.New()
	add := func(x float64) {
		var b [8]byte
		binary.LittleEndian.PutUint64(b[:], math.Float64bits(x))
		sum.Write(b[:])
	}
	var source rand.PCG
	for part := range uint64(100) {
		source.Seed(Stream(7, part))
		for range 500 {
			x := float64(source.Uint64()>>11) * 0x1p-53
			add(Log(x))
			add(Log(1 + x/1024))
			add(Exp(float64(1400*x) - 700))
			add(Exp(x - 0.5))
		}
	}
	got := hex.EncodeToString(sum.Sum(nil))
	const file = "testdata/elementary.sha256"
	if *write {
		if err := os.WriteFile(file, []byte(got+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != strings.TrimSpace(string(want)) {
		t.Errorf("the sum is %s, was %s", got, want)
	}
}
