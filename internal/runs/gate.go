package runs

import (
	"context"

	"dpp"
	"dpp/internal/gate"
	"dpp/internal/ledger"
)

// Admit asks the gate whether a request that spends nothing may go on. A gate that
// cannot say lets it through: rates protect the platform, not its money.
func (s *Service) Admit(ctx context.Context, account dpp.AccountID, policy gate.Policy) gate.Rate {
	answers, err := s.Gate.Admit(ctx, []gate.Request{{Account: account, Policy: policy}})
	if err != nil || len(answers) != 1 {
		s.log.WarnContext(ctx, "the gate did not answer; the request goes on", "error", err)
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
	if err != nil || len(answers) != len(requests) {
		s.log.WarnContext(ctx, "the gate did not answer; the ledger decides alone", "error", err)
		answers = nil
	}
	for i, item := range asked {
		item.admission = &gate.Answer{Rate: gate.Rate{Policy: s.cfg.Submits, Allowed: true, Remaining: s.cfg.Submits.Quota}, Covered: true}
		if answers != nil {
			item.admission = &answers[i]
		}
	}
}

// tell passes the ledger's word on to the gate. A gate that does not hear it asks
// the ledger for more than it had to, and no harm is done.
func (s *Service) tell(ctx context.Context, words []gate.Word) {
	if len(words) == 0 {
		return
	}
	if err := s.Gate.Word(ctx, words); err != nil {
		s.log.WarnContext(ctx, "the gate did not take the ledger's word", "error", err)
	}
}

func word(a ledger.Account) gate.Word {
	return gate.Word{Account: a.ID, Available: a.Available, Version: a.Version}
}
