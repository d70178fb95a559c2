package pack

import (
	"errors"
	"fmt"
	"math"
	"sync"

	"dpp"
)

// errSettled: a hold was settled twice, which is a mistake of the pack.
var errSettled = errors.New("pack: the hold is settled already")

// Hold is room that a meter keeps for work whose quantity is known only afterwards, at
// its worst. Nothing of it is cost before it is settled. It is safe for concurrent use.
type Hold struct {
	meter   *Meter
	mu      sync.Mutex
	held    map[string]int64
	settled bool
}

// Reserve keeps room for the worst case of work that is about to begin: all of it, or
// none and [ErrCostLimit], where it would cost more than is left beside what was counted
// and what is held. A unit without a price and a negative quantity are mistakes of the
// pack and an error of another kind. Whoever reserves settles, or releases.
func (m *Meter) Reserve(worst ...Quantity) (*Hold, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.reserve(worst)
}

// ReserveUpTo is [Meter.Reserve] with a unit of which there may be less: it keeps room
// for as many as fit beside fixed, from least to most, and tells how many. Where least
// do not fit, it is [ErrCostLimit].
func (m *Meter) ReserveUpTo(unit string, least, most int64, fixed ...Quantity) (hold *Hold, granted int64, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	with := func(quantity int64) []Quantity {
		return append([]Quantity{{Unit: unit, Quantity: quantity}}, fixed...)
	}
	if err := m.fits(with(least)); err != nil || least > most {
		return nil, 0, errors.Join(err, mistaken(least > most, unit))
	}
	low, high := least, most // low fits; what is above high is not wanted, or does not
	for low < high {
		middle := high - (high-low)/2
		if m.fits(with(middle)) == nil {
			low = middle
		} else {
			high = middle - 1
		}
	}
	hold, err = m.reserve(with(low))
	return hold, low, err
}

func mistaken(wrong bool, unit string) error {
	if wrong {
		return fmt.Errorf("pack: more of unit %s is wanted at least than at most", unit)
	}
	return nil
}

// reserve is called under the lock, as are fits and worst.
func (m *Meter) reserve(worst []Quantity) (*Hold, error) {
	if err := m.fits(worst); err != nil {
		return nil, err
	}
	h := &Hold{meter: m, held: make(map[string]int64, len(worst))}
	for _, q := range worst {
		h.held[q.Unit] += q.Quantity
		m.held[q.Unit] += q.Quantity
	}
	return h, nil
}

// fits tells whether more would be within the limit, if all that is held came to be.
func (m *Meter) fits(more []Quantity) error {
	cost := m.cost
	added := make(map[string]int64, len(more))
	for _, q := range more {
		price, ok := m.prices[q.Unit]
		if !ok || q.Quantity < 0 {
			return fmt.Errorf("pack: no price for %d of unit %s", q.Quantity, q.Unit)
		}
		if m.quantity[q.Unit]+m.held[q.Unit]+added[q.Unit] > math.MaxInt64-q.Quantity {
			return ErrCostLimit
		}
		added[q.Unit] += q.Quantity
		var err error
		if cost, err = cost.Add(price, q.Quantity); err != nil {
			return ErrCostLimit
		}
	}
	return m.within(cost)
}

// within tells whether cost and all that is held are within the limit. What order the
// parts are added in changes nothing: the sum is exact.
func (m *Meter) within(cost dpp.Cost) error {
	for unit, quantity := range m.held {
		var err error
		if cost, err = cost.Add(m.prices[unit], quantity); err != nil {
			return ErrCostLimit
		}
	}
	if total, err := cost.Total(); err != nil || total > m.limit {
		return ErrCostLimit
	}
	return nil
}

// Settle counts what the work really took, and gives the rest of the hold back. Units
// that are not named took nothing. What is negative or above what is held, and a second
// call, are mistakes of the pack: an error, and nothing changes.
func (h *Hold) Settle(took ...Quantity) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.settled {
		return errSettled
	}
	sum := make(map[string]int64, len(took))
	for _, q := range took {
		if q.Quantity < 0 || q.Quantity > h.held[q.Unit]-sum[q.Unit] {
			return fmt.Errorf("pack: %d of unit %s is not within what is held", q.Quantity, q.Unit)
		}
		sum[q.Unit] += q.Quantity
	}
	h.settled = true
	h.meter.settle(h.held, took)
	return nil
}

// Release gives back all of a hold that is not settled; it does nothing to one that is,
// so that it can be deferred.
func (h *Hold) Release() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.settled {
		h.settled = true
		h.meter.settle(h.held, nil)
	}
}

// settle turns held into what it took, which is no more and so within the limit.
func (m *Meter) settle(held map[string]int64, took []Quantity) {
	m.mu.Lock()
	for unit, quantity := range held {
		if m.held[unit] -= quantity; m.held[unit] == 0 {
			delete(m.held, unit)
		}
	}
	for _, q := range took {
		cost, err := m.cost.Add(m.prices[q.Unit], q.Quantity)
		if err == nil { // reserve added more without error
			m.count(q.Unit, q.Quantity, cost)
		}
	}
	m.mu.Unlock()
	if m.changed != nil && len(took) > 0 {
		m.changed()
	}
}
