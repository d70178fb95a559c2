package pack

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"dpp"
)

// Prices overrides prices: pack type → unit → price.
type Prices map[string]map[string]dpp.Price

// Registry holds the packs that this process offers.
type Registry struct {
	packs map[string]*Offer
	order []string
}

// NewRegistry takes packs up, with an operator's prices over their own. It fails
// where a manifest is not usable or a price names nothing that exists.
func NewRegistry(prices Prices, packs ...Pack) (*Registry, error) {
	r := &Registry{packs: make(map[string]*Offer, len(packs))}
	for _, p := range packs {
		offer, err := newOffer(p, prices[p.Manifest().Type])
		if err != nil {
			return nil, fmt.Errorf("pack %s: %w", p.Manifest().Type, err)
		}
		if _, twice := r.packs[offer.Manifest.Type]; twice {
			return nil, fmt.Errorf("pack %s is there twice", offer.Manifest.Type)
		}
		r.packs[offer.Manifest.Type] = offer
		r.order = append(r.order, offer.Manifest.Type)
	}
	for packType := range prices {
		if _, ok := r.packs[packType]; !ok {
			return nil, fmt.Errorf("a price is set for pack %s, which does not exist", packType)
		}
	}
	slices.Sort(r.order)
	return r, nil
}

// Lookup finds a pack by its type.
func (r *Registry) Lookup(packType string) (*Offer, bool) {
	o, ok := r.packs[packType]
	return o, ok
}

// Offers lists the packs by type.
func (r *Registry) Offers() []*Offer {
	offers := make([]*Offer, len(r.order))
	for i, packType := range r.order {
		offers[i] = r.packs[packType]
	}
	return offers
}

// Offer is a pack as it is sold here: with its prices, its compiled schema and a
// name for the profile that these make up.
type Offer struct {
	Pack     Pack
	Manifest Manifest
	// Profile names version, prices and limits together: the same name, the same
	// conditions.
	Profile string
	schema  *jsonschema.Schema
}

func newOffer(p Pack, prices map[string]dpp.Price) (*Offer, error) {
	o := &Offer{Pack: p, Manifest: *p.Manifest()}
	o.Manifest.Prices = slices.Clone(o.Manifest.Prices)
	for unit, price := range prices {
		i := slices.IndexFunc(o.Manifest.Prices, func(own dpp.Price) bool { return own.Unit == unit })
		if i < 0 {
			return nil, fmt.Errorf("a price is set for unit %s, which does not exist", unit)
		}
		o.Manifest.Prices[i] = dpp.Price{Unit: unit, Per: price.Per, Amount: price.Amount}
	}
	if err := checkPrices(o.Manifest.Prices); err != nil {
		return nil, err
	}
	for _, pointer := range o.Manifest.Spillable {
		if name := spillName(pointer); !validArtifactName(name) {
			return nil, fmt.Errorf("what is spilled from %s cannot be named %s", pointer, name)
		}
	}
	var err error
	if o.schema, err = compileSchema(o.Manifest.InputsSchema); err != nil {
		return nil, fmt.Errorf("inputs schema: %w", err)
	}
	if _, err = compileSchema(o.Manifest.DataSchema); err != nil {
		return nil, fmt.Errorf("data schema: %w", err)
	}
	o.Profile, err = profile(o.Manifest)
	return o, err
}

// checkPrices refuses prices that cannot be shown exactly or cannot be added up.
func checkPrices(prices []dpp.Price) error {
	var all dpp.Cost
	seen := make(map[string]bool, len(prices))
	for _, price := range prices {
		if price.Per <= 0 || price.Amount < 0 || price.Amount > dpp.MaxAmount || !price.Amount.Whole() {
			return fmt.Errorf("the price of unit %s is not usable", price.Unit)
		}
		if seen[price.Unit] {
			return fmt.Errorf("unit %s has two prices", price.Unit)
		}
		seen[price.Unit] = true
		var err error
		if all, err = all.Add(price, 1); err != nil {
			return fmt.Errorf("the price of unit %s cannot be added to the others exactly: %w", price.Unit, err)
		}
	}
	return nil
}

func profile(m Manifest) (string, error) {
	text, err := json.Marshal(struct {
		Version string
		Prices  []dpp.Price
		Limits  map[string]int64
	}{m.Version, m.Prices, m.Limits}, json.Deterministic(true))
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(text)
	return m.Version + "-" + hex.EncodeToString(sum[:4]), nil
}

// Bounds is what a run of some inputs will cost. None of it is rounded below what
// the meter will count.
type Bounds struct {
	// Minimum is the smallest limit with which the run can succeed at all, All
	// the smallest with which it can do everything.
	Minimum, All dpp.Money
	// Low, Likely and High estimate what doing everything will cost.
	Low, Likely, High dpp.Money
	// Units are those of the likely estimate.
	Units []Quantity
	// Uploads are those that the inputs name.
	Uploads []UploadRef
}

// Check checks inputs against the schema and the pack's own rules, and prices
// them. It returns [*InputError] where they are not usable.
func (o *Offer) Check(inputs jsontext.Value) (Bounds, error) {
	if fields := validate(o.schema, inputs); len(fields) > 0 {
		return Bounds{}, &InputError{Fields: fields}
	}
	estimate, err := o.Pack.Estimate(inputs)
	if err != nil {
		return Bounds{}, err
	}
	b := Bounds{Units: estimate.Likely, Uploads: estimate.Uploads}
	for _, part := range []struct {
		cost  *dpp.Money
		units []Quantity
	}{{&b.Minimum, estimate.Minimum}, {&b.All, estimate.All}, {&b.Low, estimate.Low}, {&b.Likely, estimate.Likely}, {&b.High, estimate.High}} {
		if *part.cost, err = o.price(part.units); err != nil {
			return Bounds{}, err
		}
	}
	return b, nil
}

func (o *Offer) price(units []Quantity) (dpp.Money, error) {
	var sum dpp.Cost
	for _, u := range units {
		i := slices.IndexFunc(o.Manifest.Prices, func(p dpp.Price) bool { return p.Unit == u.Unit })
		if i < 0 {
			return 0, errors.New("pack: no price for unit " + u.Unit)
		}
		var err error
		if sum, err = sum.Add(o.Manifest.Prices[i], u.Quantity); err != nil {
			return 0, err
		}
	}
	return sum.Total()
}
