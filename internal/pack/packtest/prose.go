package packtest

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

const vocabulary = `the a of and to in is you that it he was for on are as with his they I at be this have from or one had by
	word but not what all were we when your can said there use an each which she do how their if will up other about out many then
	them these so some her would make like him into time has look two more write go see number no way could people my than first
	water been call who oil its now find long down day did get come made may part key money risk token password access author api`

// Prose is text of at least so many bytes as people and machines write it, the same every
// time: sentences with some numbers and addresses, and lines of logs and of configuration.
func Prose(size int) string {
	r := rand.New(rand.NewPCG(3, 4))
	words := strings.Fields(vocabulary)
	word := func() string { return words[r.IntN(len(words))] }
	var b strings.Builder
	for b.Len() < size {
		switch r.IntN(12) {
		case 0:
			fmt.Fprintf(&b, "2026-11-%02dT%02d:%02d:%02d.%03dZ INFO request id=%016x from 10.%d.%d.%d took %d ms\n", 1+r.IntN(28), r.IntN(24), r.IntN(60), r.IntN(60), r.IntN(1000), r.Uint64(), r.IntN(256), r.IntN(256), r.IntN(256), r.IntN(5000))
		case 1:
			fmt.Fprintf(&b, "  %s_%s: %q # %d\n", word(), word(), word(), r.IntN(100000))
		case 2:
			fmt.Fprintf(&b, "Call %03d-%04d or write to %s%d@example.org, invoice %d of %d.%02d EUR, paid %02d.%02d.2026.\n", r.IntN(1000), r.IntN(10000), word(), r.IntN(100), r.Uint32(), r.IntN(10000), r.IntN(100), 1+r.IntN(28), 1+r.IntN(12))
		default:
			for range 12 {
				b.WriteString(word())
				b.WriteByte(' ')
			}
			b.WriteString("\n")
		}
	}
	return b.String()
}
