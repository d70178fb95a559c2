package compliancepack

import (
	"context"
	"errors"
	"os"
	"slices"
	"sync"
	"testing"

	"github.com/go-json-experiment/json"

	"dpp"
	"dpp/internal/document"
	"dpp/internal/inputs"
	"dpp/internal/pack"
	"dpp/internal/pack/packtest"
	"dpp/internal/sandbox"
)

// TestMain makes this test's binary the children of the pool in which documents are read.
func TestMain(m *testing.M) {
	if sandbox.IsChild(os.Args) {
		os.Exit(sandbox.Serve(os.Args, document.Handlers()...))
	}
	os.Exit(m.Run())
}

// shared is one pack for all tests: compiling the policies takes a while.
var shared = sync.OnceValue(func() *Pack { return newPack("a secret of the platform's, 32 bytes") })

func newPack(secret string) *Pack {
	return New(inputs.New(nil, nil, nil, inputs.Options{}), nil, Options{
		Secret: func(context.Context) ([]byte, error) { return []byte(secret), nil },
	})
}

const tenant = dpp.TenantID("ten_06e17v4yfdxbs3ff04hmasw9nc")

// ran is a run that ended, as the platform stores it.
type ran struct {
	*pack.Outcome
	data     data
	envelope string
	files    map[string]string
	meter    *pack.Meter
}

// everything is all that is stored.
func (r *ran) everything() string {
	all := r.envelope
	for _, text := range r.files {
		all += text
	}
	return all
}

func (r *ran) ids() (ids []string) {
	for _, f := range r.data.Findings {
		ids = append(ids, f.RuleID)
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

func (r *ran) status(id string) string {
	for _, c := range r.data.Checked {
		if c.RuleID == id {
			return c.Status
		}
	}
	return "absent"
}

// submit runs inputs as the platform does: what it refuses is an error.
func submit(t *testing.T, p *Pack, v any, limit dpp.Money) (*ran, error) {
	t.Helper()
	return submitWith(t.Context(), t, p, v, limit)
}

func submitWith(ctx context.Context, t *testing.T, p *Pack, v any, limit dpp.Money) (*ran, error) {
	t.Helper()
	raw := packtest.JSON(t, v)
	offer := packtest.Offer(t, p)
	if _, err := offer.Check(raw); err != nil {
		return nil, err
	}
	meter := pack.NewMeter(offer.Manifest.Prices, limit, nil)
	out, err := p.Run(ctx, pack.Job{Tenant: tenant, Live: true, Inputs: raw, Meter: meter})
	if err != nil {
		return nil, err
	}
	return store(t, out, meter), nil
}

// store seals an outcome, and reads what it holds against the schema.
func store(t *testing.T, out *pack.Outcome, meter *pack.Meter) *ran {
	t.Helper()
	sealed, err := pack.Seal(pack.Envelope{RunID: "run_06e17v4yfdxbs3ff04hmasw9nc", Usage: meter.Usage()}, out, newManifest().Spillable)
	if err != nil {
		t.Fatal(err)
	}
	r := &ran{Outcome: out, envelope: string(sealed.Bytes), files: map[string]string{}, meter: meter}
	for _, a := range sealed.Artifacts {
		r.files[a.Name] = string(a.Content)
	}
	if err := packtest.Compile(t, schema("data")).Validate(t, sealed.Envelope.Data); err != nil {
		t.Errorf("what is stored: %v\n%.500s", err, sealed.Envelope.Data)
	}
	if err := json.Unmarshal(packtest.JSON(t, out.Data), &r.data); err != nil {
		t.Fatal(err)
	}
	return r
}

// must is a run that is not refused, with money for everything.
func must(t *testing.T, v any) *ran {
	t.Helper()
	r, err := submit(t, shared(), v, dpp.USD)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

type m = map[string]any

func text(name, text string) m { return m{"name": name, "text": text} }

func policies(ids ...string) (list []m) {
	for _, id := range ids {
		list = append(list, m{"id": id})
	}
	return list
}

// inputError is what is wrong with inputs.
func inputError(t *testing.T, v any) []pack.FieldError {
	t.Helper()
	_, err := submit(t, shared(), v, dpp.USD)
	var invalid *pack.InputError
	if !errors.As(err, &invalid) {
		t.Fatalf("%v is no error of inputs", err)
	}
	return invalid.Fields
}
