package compliancepack

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"dpp"
	"dpp/internal/pack"
	"dpp/internal/pack/packtest"
)

// prose is text of so many bytes as people and machines write it, with values here and there.
func prose(size int) string {
	r := rand.New(rand.NewPCG(5, 6))
	words := strings.Fields(`the a of and to in is you that it he was for on are as with his they at be this have from or one had by
		word but not what all were we when your can said there use an each which she do how their if will up other about out many then
		them these so some her would make like him into time has look two more write go see number no way could people key token secret`)
	var b strings.Builder
	for b.Len() < size {
		switch r.IntN(16) {
		case 0:
			fmt.Fprintf(&b, "2026-11-%02dT%02d:%02d:%02dZ INFO request id=%016x from 10.%d.%d.%d took %d ms\n", 1+r.IntN(28), r.IntN(24), r.IntN(60), r.IntN(60), r.Uint64(), r.IntN(256), r.IntN(256), r.IntN(256), r.IntN(5000))
		case 1:
			fmt.Fprintf(&b, "  %s_%s: %q # %d\n", words[r.IntN(len(words))], words[r.IntN(len(words))], words[r.IntN(len(words))], r.IntN(100000))
		default:
			for range 12 {
				b.WriteString(words[r.IntN(len(words))] + " ")
			}
			b.WriteByte('\n')
		}
		if r.IntN(400) == 0 {
			fmt.Fprintf(&b, "Write to %s%d@example.org, invoice %d.\n", words[r.IntN(len(words))], r.IntN(100), r.Uint32())
		}
	}
	return b.String()
}

// BenchmarkRun is ten MiB of text through pii and secrets, as a worker runs it.
func BenchmarkRun(b *testing.B) {
	documents := []any{}
	whole := prose(maxTextBytes - 4096)
	documents = append(documents, text("a.txt", whole))
	in := packtest.JSON(b, m{"documents": documents, "policies": policies("pii", "secrets")})
	p := shared()
	if _, err := p.catalogue(); err != nil {
		b.Fatal(err)
	}
	before := cpu(b)
	b.SetBytes(int64(len(whole)))
	for b.Loop() {
		out, err := p.Run(b.Context(), pack.Job{Tenant: tenant, Live: true, Inputs: in, Meter: pack.NewMeter(p.Manifest().Prices, 10*dpp.USD, nil)})
		if err != nil {
			b.Fatal(err)
		}
		d, ok := out.Data.(*data)
		if !ok {
			b.Fatal("no data")
		}
		b.ReportMetric(float64(d.Counts.Findings), "findings")
	}
	b.ReportMetric((cpu(b)-before)/float64(b.N), "cpu-s/op")
	var usage unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &usage); err == nil {
		b.ReportMetric(float64(usage.Maxrss)/1024, "peak-MiB")
	}
}

// cpu is the processor time of this process, in seconds.
func cpu(b *testing.B) float64 {
	b.Helper()
	var usage unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &usage); err != nil {
		b.Fatal(err)
	}
	return float64(usage.Utime.Nano()+usage.Stime.Nano()) / 1e9
}
