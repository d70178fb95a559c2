package evalpack

import (
	"context"
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"dpp"
	"dpp/internal/inputs"
	"dpp/internal/pack"
	"dpp/internal/pack/packtest"
)

// sentences makes a file of JSON Lines with rows of about 25 words, as systems give them:
// most words of the prediction are the reference's.
func sentences(rows int) []byte {
	random := rand.New(rand.NewPCG(1, 2))
	word := func() string { return fmt.Sprintf("w%d", random.IntN(1+random.IntN(5_000))) }
	var file strings.Builder
	for i := range rows {
		var prediction, reference []string
		for range 20 + random.IntN(11) {
			w := word()
			reference = append(reference, w)
			if random.IntN(10) < 7 {
				prediction = append(prediction, w)
			} else {
				prediction = append(prediction, word())
			}
		}
		fmt.Fprintf(&file, "{\"id\":\"r%d\",\"prediction\":\"%s.\",\"reference\":\"%s.\"}\n", i, strings.Join(prediction, " "), strings.Join(reference, " "))
	}
	return []byte(file.String())
}

// BenchmarkFile judges 100,000 rows of a file by token F1 and BLEU, with 1,000 samples each.
func BenchmarkFile(b *testing.B) {
	content := sentences(100_000)
	loader := inputs.New(nil, nil, nil, inputs.Options{})
	raw := packtest.JSON(b, map[string]any{
		"file":    map[string]any{"kind": "inline", "media_type": "application/x-ndjson", "data": base64.StdEncoding.EncodeToString(content)},
		"metrics": []any{map[string]any{"name": "token_f1"}, map[string]any{"name": "bleu"}},
	})
	p := New(loader, Options{})
	for b.Loop() {
		ctx, cancel := context.WithTimeout(b.Context(), 90*time.Second)
		out, err := p.Run(ctx, pack.Job{Inputs: raw, Meter: newMeter(ample), Tenant: dpp.NewTenantID()})
		cancel()
		if err != nil {
			b.Fatal(err)
		}
		if out.Stopped != "" {
			b.Fatal(out.Stopped)
		}
	}
}
