package runs

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"dpp"
	"dpp/internal/blob"
	"dpp/internal/gate"
	"dpp/internal/ledger"
	"dpp/internal/pack"
	"dpp/internal/store"
)

// inlineInputs is how large inputs may be to be kept by the store itself.
const inlineInputs = 32 << 10

// Request is a submit, decoded.
type Request struct {
	Key            dpp.Key
	IdempotencyKey string
	PackType       string
	Inputs         jsontext.Value
	Reservation    dpp.Reservation
	Options        dpp.Options
	Meta           dpp.Meta
}

// Receipt is the answer to a submit that was accepted, now or earlier.
type Receipt struct {
	Run      dpp.Run
	Replayed bool
	Account  ledger.Account
	Rate     gate.Rate
}

type submission struct {
	store.Submission
	uploads   []pack.UploadRef // that the inputs name, each time they do
	admission *gate.Answer
	gateDown  bool // admission is not the gate's own
}

type submitted struct {
	store.Submitted
	refusal *Refusal
}

// Submit accepts a run, or answers with the run that its key was used for. It
// returns a [*Refusal], or an error that means that nobody knows: the same request
// with the same key tells.
func (s *Service) Submit(ctx context.Context, r Request) (Receipt, error) {
	begin := time.Now()
	hash, err := dpp.PayloadHash(r.PackType, r.Inputs, r.Reservation, r.Options.AllowPartial)
	if err != nil {
		return Receipt{}, err
	}
	item := &submission{Submission: store.Submission{
		Key:         store.KeyRef{Tenant: r.Key.Tenant, Live: r.Key.Live, Key: r.IdempotencyKey},
		PayloadHash: hash, Inputs: r.Inputs,
		QueueTTL: s.cfg.Timing.ReservationTTL, DeadlineIn: s.cfg.Timing.DeadlineIn(r.Reservation.Timebox), KeyWindow: s.cfg.IdempotencyWindow,
	}}
	item.Run = newRun(r)
	item.Hold = ledger.NewHold(item.Run.Account(), item.Run.ID, r.Reservation.MaxCost)
	ctx, end := s.step(ctx, StepSubmit, &item.Run)
	receipt, err := s.accept(ctx, r, item)
	end(err)
	if err == nil && !receipt.Replayed {
		s.observe.Accepted(time.Since(begin))
	}
	return receipt, err
}

func (s *Service) accept(ctx context.Context, r Request, item *submission) (Receipt, error) {
	if refusal := s.conditions(r, item); refusal != nil {
		return s.refused(ctx, item, refusal)
	}
	if len(item.uploads) > 0 {
		refusal, err := s.arrived(ctx, item)
		if err != nil {
			return Receipt{}, err
		}
		if refusal != nil {
			return s.refused(ctx, item, refusal)
		}
	}
	if len(r.Inputs) > inlineInputs {
		if refused, err := s.storeInputs(ctx, item); err != nil || refused != nil {
			return receipt(item, submitted{refusal: refused}, err)
		}
	}
	out, err := s.submits.Do(ctx, item)
	return receipt(item, out, err)
}

func newRun(r Request) dpp.Run {
	return dpp.Run{
		ID: dpp.NewRunID(), Tenant: r.Key.Tenant, Live: r.Key.Live, PackType: r.PackType,
		Status: dpp.StatusQueued, Money: dpp.MoneyReserved, Version: 1,
		Reservation: r.Reservation, Options: r.Options, Meta: r.Meta,
	}
}

// conditions checks what a refusal for schema or price depends on, and notes what the
// pack says of the inputs.
func (s *Service) conditions(r Request, item *submission) *Refusal {
	offer, ok := s.packs.Lookup(r.PackType)
	if !ok {
		return &Refusal{Reason: dpp.ReasonUnknownPack, Fields: []dpp.FieldError{field("/pack_type", "not_allowed", "There is no such pack.", s.packNames())}}
	}
	item.Run.PackVersion, item.Run.ProfileVersion = offer.Manifest.Version, offer.Profile
	bounds, err := offer.Check(r.Inputs)
	var invalid *pack.InputError
	switch {
	case errors.As(err, &invalid):
		return invalidInputs(invalid)
	case err != nil:
		s.log.Error("a pack could not estimate inputs", "pack_type", r.PackType, "trace_id", r.Meta.TraceID, "error", err)
		return refuse(dpp.ReasonInternal)
	}
	least := bounds.Minimum
	if !r.Options.AllowPartial {
		least = bounds.All
	}
	least = max(least, dpp.SmallestReservation)
	if r.Reservation.MaxCost < least {
		return tooLow(least)
	}
	item.uploads = bounds.Uploads
	return nil
}

func tooLow(least dpp.Money) *Refusal {
	return &Refusal{
		Reason: dpp.ReasonMaxCostTooLow,
		Detail: fmt.Sprintf("The smallest max_cost_usd with which this run can succeed is %s.", least),
		Fields: []dpp.FieldError{field("/reservation/max_cost_usd", "out_of_range", "The amount is below the smallest that can succeed.", "at least "+least.String())},
		Remedy: dpp.Remedy{Action: dpp.RemedyRaiseMaxCost, Set: map[string]jsontext.Value{"/reservation/max_cost_usd": jsontext.Value(`"` + least.String() + `"`)}},
	}
}

func (s *Service) packNames() string {
	names := ""
	for i, o := range s.packs.Offers() {
		if i > 0 {
			names += ", "
		}
		names += o.Manifest.Type
	}
	return names
}

func field(pointer, code, message, expected string) dpp.FieldError {
	return dpp.FieldError{Pointer: &pointer, Code: code, Message: message, Expected: expected}
}

func invalidInputs(e *pack.InputError) *Refusal {
	r := &Refusal{Reason: dpp.ReasonUnknownField}
	for _, f := range e.Fields {
		if f.Code != "unknown_field" {
			r.Reason = dpp.ReasonValidationFailed
		}
		r.Fields = append(r.Fields, field("/inputs"+f.Pointer, f.Code, f.Message, f.Expected))
	}
	for pointer, value := range e.Set {
		if r.Remedy.Set == nil {
			r.Remedy = dpp.Remedy{Action: dpp.RemedyChangeRequest, Set: make(map[string]jsontext.Value, len(e.Set))}
		}
		r.Remedy.Set["/inputs"+pointer] = value
	}
	return r
}

// refused answers a submit that cannot be accepted as it is: a known key answers
// all the same.
func (s *Service) refused(ctx context.Context, item *submission, refusal *Refusal) (Receipt, error) {
	s.admit(ctx, []*submission{item})
	if r := s.halted(item); r != nil {
		return receipt(item, submitted{refusal: r}, nil)
	}
	known, err := s.Store.RunsByKey(ctx, []store.KeyRef{item.Key})
	if err != nil {
		return Receipt{}, err
	}
	if known[0] == nil {
		s.observe.Submitted(string(refusal.Reason))
		return receipt(item, submitted{refusal: refusal}, nil)
	}
	out := submitted{Submitted: replayOf(known[0], item)}
	accounts, err := s.accountsByID(ctx, []dpp.AccountID{item.Run.Account()})
	if err != nil {
		return Receipt{}, err
	}
	out.Account = accounts[item.Run.Account()]
	return receipt(item, out, nil)
}

func replayOf(known *store.KnownKey, item *submission) store.Submitted {
	if known.PayloadHash == item.PayloadHash {
		return store.Submitted{Verdict: store.Replayed, Run: known.Run}
	}
	return store.Submitted{Verdict: store.Conflict, Run: dpp.Run{ID: known.Run.ID}}
}

// storeInputs puts large inputs where the worker will find them. They are swept
// should no run come of them.
func (s *Service) storeInputs(ctx context.Context, item *submission) (*Refusal, error) {
	s.admit(ctx, []*submission{item})
	if r := s.halted(item); r != nil {
		return r, nil
	}
	item.Run.InputsKey = runPrefix(&item.Run) + "inputs.json"
	out, err := s.puts.Do(ctx, blob.Object{Key: item.Run.InputsKey, MediaType: "application/json", Content: item.Inputs})
	if err != nil {
		return nil, fmt.Errorf("store inputs: %w: %w", ErrBlob, err)
	}
	if out.Err != nil {
		return nil, fmt.Errorf("store inputs: %w", out.Err)
	}
	item.Inputs = nil
	return nil, nil // neither refused nor failed
}

func receipt(item *submission, out submitted, err error) (Receipt, error) {
	if err != nil {
		return Receipt{}, err
	}
	rate := gate.Rate{}
	if item.admission != nil {
		rate = item.admission.Rate
	}
	switch {
	case out.refusal != nil:
		refusal := *out.refusal
		refusal.Rate = &rate
		return Receipt{}, &refusal
	case out.Verdict == store.Conflict:
		return Receipt{}, &Refusal{Reason: dpp.ReasonIdempotencyConflict, RunID: out.Run.ID, Rate: &rate}
	default:
		return Receipt{Run: out.Run, Replayed: out.Verdict == store.Replayed, Account: out.Account, Rate: rate}, nil
	}
}

// submitBatch decides a batch of submits: the gate first, then the ledger.
func (s *Service) submitBatch(ctx context.Context, items []*submission) ([]submitted, error) {
	s.admit(ctx, items)
	outcomes := make([]submitted, len(items))
	pending := make([]int, 0, len(items))
	for i, item := range items {
		if outcomes[i].refusal = s.halted(item); outcomes[i].refusal == nil {
			pending = append(pending, i)
		}
	}
	pending, err := s.uncovered(ctx, items, outcomes, pending)
	if err != nil {
		return nil, err
	}
	for len(pending) > 0 {
		if pending, err = s.commit(ctx, items, outcomes, pending); err != nil {
			return nil, err
		}
	}
	s.afterSubmit(ctx, items, outcomes)
	return outcomes, nil
}

// uncovered settles, with one read, the items that the gate believes the account
// cannot cover, and returns those that must go on to the ledger.
func (s *Service) uncovered(ctx context.Context, items []*submission, outcomes []submitted, pending []int) ([]int, error) {
	var doubted []int
	var keys []store.KeyRef
	var accounts []dpp.AccountID
	for _, i := range pending {
		if !items[i].admission.Covered {
			doubted = append(doubted, i)
			keys = append(keys, items[i].Key)
			accounts = append(accounts, items[i].Run.Account())
		}
	}
	if len(doubted) == 0 {
		return pending, nil
	}
	known, err := s.Store.RunsByKey(ctx, keys)
	if err != nil {
		return nil, err
	}
	balances, err := s.accountsByID(ctx, accounts)
	if err != nil {
		return nil, err
	}
	settled := make(map[int]bool, len(doubted))
	for n, i := range doubted {
		account := balances[items[i].Run.Account()]
		switch {
		case known[n] != nil:
			outcomes[i].Submitted = replayOf(known[n], items[i])
			outcomes[i].Account = account
		case account.Available < items[i].Run.Reservation.MaxCost && !account.Suspended:
			outcomes[i].refusal = moneyRefusal(dpp.ReasonBudgetDrained, items[i], account)
			outcomes[i].Account = account
		default:
			continue
		}
		settled[i] = true
	}
	rest := pending[:0]
	for _, i := range pending {
		if !settled[i] {
			rest = append(rest, i)
		}
	}
	return rest, nil
}

// commit sends the first pending item of each key to the store, gives its
// followers the answer that follows from it, and returns those for whom none does.
func (s *Service) commit(ctx context.Context, items []*submission, outcomes []submitted, pending []int) ([]int, error) {
	leaders := make(map[store.KeyRef]int, len(pending))
	var first, followers []int
	for _, i := range pending {
		if _, ok := leaders[items[i].Key]; ok {
			followers = append(followers, i)
			continue
		}
		leaders[items[i].Key] = i
		first = append(first, i)
	}
	batch := make([]store.Submission, len(first))
	for n, i := range first {
		batch[n] = items[i].Submission
	}
	outs, err := s.Store.Submit(ctx, batch)
	if err != nil {
		return nil, err
	}
	for n, i := range first {
		outcomes[i].Submitted = outs[n]
		if outs[n].Verdict == store.Refused {
			outcomes[i].refusal = moneyRefusal(outs[n].Reason, items[i], outs[n].Account)
		}
	}
	var again []int
	for _, i := range followers {
		leader := leaders[items[i].Key]
		if !follow(&outcomes[i], outcomes[leader], items[i].PayloadHash == items[leader].PayloadHash) {
			again = append(again, i)
		}
	}
	return again, nil
}

// follow derives an outcome from that of an earlier item with the same key.
func follow(own *submitted, leader submitted, samePayload bool) bool {
	known := leader.Verdict == store.Accepted || leader.Verdict == store.Replayed
	switch {
	case samePayload:
		*own = leader
		if known {
			own.Verdict = store.Replayed
		}
	case known:
		own.Submitted = store.Submitted{Verdict: store.Conflict, Run: dpp.Run{ID: leader.Run.ID}}
	default: // refused, or in conflict with a payload that may be this one
		return false
	}
	return true
}

func moneyRefusal(reason dpp.Reason, item *submission, account ledger.Account) *Refusal {
	r := &Refusal{Reason: reason}
	if reason == dpp.ReasonBudgetDrained {
		required, available := item.Run.Reservation.MaxCost, account.Available
		r.Required, r.Available = &required, &available
	}
	return r
}

func (s *Service) afterSubmit(ctx context.Context, items []*submission, outcomes []submitted) {
	words := make([]gate.Word, 0, len(outcomes))
	for i := range outcomes {
		o := &outcomes[i]
		s.observe.Submitted(submitOutcome(o))
		if o.Account.ID != "" {
			words = append(words, s.word(o.Account))
		}
		if o.Verdict == store.Accepted {
			s.bell.ring(&o.Run)
			s.log.LogAttrs(ctx, slog.LevelInfo, "run accepted", slog.String("run_id", string(o.Run.ID)), slog.String("tenant_id", string(o.Run.Tenant)),
				slog.String("trace_id", o.Run.Meta.TraceID), slog.String("pack_type", items[i].Run.PackType), slog.Int64("version_after", o.Run.Version))
		}
	}
	s.teller.tell(words)
}

func submitOutcome(o *submitted) string {
	switch {
	case o.refusal != nil:
		return string(o.refusal.Reason)
	case o.Verdict == store.Accepted:
		return "accepted"
	case o.Verdict == store.Replayed:
		return "replayed"
	default:
		return "conflict"
	}
}
