package pack

import (
	"errors"
	"sync"

	"dpp"
)

// ErrCostLimit: the next unit of work would cost more than the run may.
var ErrCostLimit = errors.New("the cost limit is reached")

// Meter counts the priced work of one run. It is asked before each unit and
// refuses the one that would go above the limit, so a run never costs more than
// it reserved. It is safe for concurrent use.
type Meter struct {
	mu       sync.Mutex
	prices   map[string]dpp.Price
	limit    dpp.Money
	cost     dpp.Cost
	order    []string
	quantity map[string]int64
	held     map[string]int64 // of open holds, by unit; no zeros
	progress dpp.Progress
	changed  func()
}

// NewMeter returns a meter with a limit. changed, where not nil, is called after
// every change of cost or progress, outside the meter's lock; it must not block.
func NewMeter(prices []dpp.Price, limit dpp.Money, changed func()) *Meter {
	m := &Meter{prices: make(map[string]dpp.Price, len(prices)), limit: limit, quantity: make(map[string]int64), held: make(map[string]int64), changed: changed}
	for _, p := range prices {
		m.prices[p.Unit] = p
	}
	return m
}

// Take counts quantity units of work that is about to begin. It returns
// [ErrCostLimit], and counts nothing, where they would cost more than is left beside
// what is held ([Meter.Reserve]).
// A unit without a price and a negative quantity are mistakes of the pack and an
// error of another kind.
func (m *Meter) Take(unit string, quantity int64) error {
	err := m.take(unit, quantity)
	if err == nil && m.changed != nil {
		m.changed()
	}
	return err
}

func (m *Meter) take(unit string, quantity int64) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	more := Quantity{Unit: unit, Quantity: quantity}
	if err := m.fits([]Quantity{more}); err != nil {
		return err
	}
	cost, err := m.cost.Add(m.prices[unit], quantity)
	if err != nil {
		return ErrCostLimit
	}
	m.count(unit, quantity, cost)
	return nil
}

// count notes units that are known to be within the limit, and the cost with them.
func (m *Meter) count(unit string, quantity int64, cost dpp.Cost) {
	if _, seen := m.quantity[unit]; !seen {
		m.order = append(m.order, unit)
	}
	m.quantity[unit] += quantity
	m.cost = cost
}

// Advance reports how much of the work is done, for those who wait.
func (m *Meter) Advance(done, total int64, unit string) {
	m.mu.Lock()
	m.progress.Done, m.progress.Total, m.progress.Unit = done, total, unit
	m.mu.Unlock()
	if m.changed != nil {
		m.changed()
	}
}

// Progress is what was last reported, with the cost so far.
func (m *Meter) Progress() dpp.Progress {
	m.mu.Lock()
	defer m.mu.Unlock()
	p := m.progress
	p.Used = m.total()
	return p
}

// Total is the cost so far, rounded up once to whole quanta: at most the limit.
func (m *Meter) Total() dpp.Money {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.total()
}

func (m *Meter) total() dpp.Money {
	total, err := m.cost.Total()
	if err != nil { // take refused everything that could lead here
		return m.limit
	}
	return min(total, m.limit)
}

// Usage is one line of the envelope's usage.
type Usage struct {
	Unit     string    `json:"unit"`
	Quantity int64     `json:"quantity"`
	Cost     dpp.Money `json:"cost_usd"`
}

// Usage lists the counted units in the order of their first use. The lines' costs
// sum to [Meter.Total] exactly: each line is what it adds to the rounded total.
func (m *Meter) Usage() []Usage {
	m.mu.Lock()
	defer m.mu.Unlock()
	lines := make([]Usage, 0, len(m.order))
	var sum dpp.Cost
	var before dpp.Money
	for _, unit := range m.order {
		sum, _ = sum.Add(m.prices[unit], m.quantity[unit]) // take added the same without error
		after, _ := sum.Total()
		lines = append(lines, Usage{Unit: unit, Quantity: m.quantity[unit], Cost: after - before})
		before = after
	}
	return lines
}
