package packtest

import (
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"dpp"
	"dpp/internal/pack"
)

// mostTimebox is the longest timebox of a run, in seconds.
const mostTimebox = 90

// submit is the body of a submit, as far as manifests and pages show one.
type submit struct {
	PackType    string         `json:"pack_type"`
	Inputs      jsontext.Value `json:"inputs"`
	Reservation struct {
		MaxCost dpp.Money `json:"max_cost_usd"`
		Timebox int       `json:"timebox_sec"` // 0: the usual one
	} `json:"reservation"`
}

// Manifest checks what is true of the manifest of every pack: the example is a submit of it
// that is taken as it stands, and reserves what doing all of it takes; each price is above
// nothing, and of a unit that is told in words; each limit lets something through.
func Manifest(t TB, p pack.Pack) {
	t.Helper()
	m := p.Manifest()
	var example submit
	if err := json.Unmarshal(m.Example, &example, json.RejectUnknownMembers(true)); err != nil {
		t.Fatal(err)
	}
	if example.PackType != m.Type {
		t.Errorf("the example is for pack %q", example.PackType)
	}
	bounds, err := Offer(t, p).Check(example.Inputs)
	if err != nil {
		t.Fatal("the example's inputs:", err)
	}
	if r := example.Reservation; r.MaxCost < max(bounds.All, dpp.SmallestReservation) || r.Timebox < 0 || r.Timebox > mostTimebox {
		t.Errorf("the example reserves %+v, and doing all of it takes %s", r, bounds.All)
	}
	for _, price := range m.Prices {
		if m.Units[price.Unit] == "" || price.Amount <= 0 {
			t.Errorf("the price %+v is of the unit %q", price, m.Units[price.Unit])
		}
	}
	if len(m.Prices) != len(m.Units) {
		t.Errorf("%d prices of %d units", len(m.Prices), len(m.Units))
	}
	for name, limit := range m.Limits {
		if limit <= 0 {
			t.Errorf("%s is %d", name, limit)
		}
	}
}

// Inputs are those of an example, which is inputs alone or a whole submit.
func Inputs(t TB, example jsontext.Value) jsontext.Value {
	t.Helper()
	var whole submit
	if err := json.Unmarshal(example, &whole); err != nil {
		t.Fatal(err)
	}
	if whole.PackType == "" {
		return example
	}
	return whole.Inputs
}
