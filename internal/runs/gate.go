package runs

import (
	"context"
	"errors"

	"dpp"
	"dpp/internal/gate"
	"dpp/internal/ledger"
)

// Admit asks the gate whether a request that spends nothing may go on. A gate that
// cannot say lets it through: rates protect the platform, not its money.
func (s *Service) Admit(ctx context.Context, account dpp.AccountID, policy gate.Policy) gate.Rate {
	answers, err := s.Gate.Admit(ctx, []gate.Request{{Account: account, Policy: policy}})
	if err == nil && len(answers) != 1 {
		err = errAnswers
	}
	s.gateAnswered(ctx, err)
	if err != nil {
		return gate.Rate{Policy: policy, Allowed: true, Remaining: policy.Quota}
	}
	return answers[0].Rate
}

// admit asks the gate for a batch of submits, each once however often its batch is
// repeated.
func (s *Service) admit(ctx context.Context, items []*submission) {
	requests, asked := make([]gate.Request, 0, len(items)), make([]*submission, 0, len(items))
	for _, item := range items {
		if item.admission == nil {
			requests = append(requests, gate.Request{Account: item.Run.Account(), Policy: s.cfg.Submits, Spend: item.Run.Reservation.MaxCost})
			asked = append(asked, item)
		}
	}
	if len(requests) == 0 {
		return
	}
	answers, err := s.Gate.Admit(ctx, requests)
	if err == nil && len(answers) != len(requests) {
		err = errAnswers
	}
	s.gateAnswered(ctx, err)
	for i, item := range asked {
		if err == nil {
			item.admission = &answers[i]
			continue
		}
		item.admission = &gate.Answer{Rate: gate.Rate{Policy: s.cfg.Submits, Allowed: true, Remaining: s.cfg.Submits.Quota}, Covered: true}
		item.gateDown = true
	}
}

// errAnswers: the gate answered something else than it was asked.
var errAnswers = errors.New("the gate gave another number of answers")

// halted is why a submit goes no further than the gate, where it does not.
func (s *Service) halted(item *submission) *Refusal {
	if item.gateDown && s.cfg.GateRequired {
		return &Refusal{Reason: dpp.ReasonDependencyDown, Detail: "Admission is down, and the operator has chosen to accept nothing without it."}
	}
	if rate := item.admission.Rate; !rate.Allowed {
		return &Refusal{Reason: dpp.ReasonRateLimited, RetryAfter: rate.RetryAfter}
	}
	return nil
}

// gateAnswered tells an operator when the gate stops answering, and when it does
// again: not at every request in between.
func (s *Service) gateAnswered(ctx context.Context, err error) {
	switch {
	case err == nil && s.gateDown.CompareAndSwap(true, false):
		s.log.InfoContext(ctx, "the gate answers again")
	case err != nil && ctx.Err() == nil && s.gateDown.CompareAndSwap(false, true):
		s.log.WarnContext(ctx, "the gate does not answer; the ledger decides alone", "error", err)
	}
}

func (s *Service) word(a ledger.Account) gate.Word {
	return gate.Word{Account: a.ID, Available: a.Available, Version: a.Version, Epoch: s.cfg.Epoch}
}
