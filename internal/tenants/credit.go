package tenants

import (
	"context"
	"fmt"

	"dpp"
	"dpp/internal/ledger"
	"dpp/internal/store"
)

// Credited is a credit in the ledger.
type Credited struct {
	Entry ledger.Entry
	// Account is as it is now.
	Account ledger.Account
	// Repeated: the reference had been used for this very credit; Entry is the
	// first one and nothing was added.
	Repeated bool
}

// Credit adds what a tenant paid in to its live account. A credit with a reference
// is posted once, however often it is asked for; another amount under the same
// reference is refused. Without a reference every call adds.
func (s *Service) Credit(ctx context.Context, tenant dpp.TenantID, amount dpp.Money, reference string) (Credited, error) {
	if amount <= 0 || amount > dpp.MaxAmount || !amount.Whole() {
		return Credited{}, &Refusal{dpp.ReasonInvalidMoney, "the amount must be above zero and at most " + dpp.MaxAmount.String()}
	}
	if reference != "" {
		if err := checkName("reference", reference); err != nil {
			return Credited{}, err
		}
	}
	transfer := ledger.NewCredit(dpp.AccountOf(tenant, true), amount, reference)
	posted, err := s.post(ctx, transfer)
	if err != nil {
		return Credited{}, err
	}
	if posted.Reason != "" {
		return Credited{}, creditRefusal(posted.Reason)
	}
	return Credited{Entry: posted.Entry, Account: posted.Account, Repeated: posted.Repeated}, nil
}

// post posts one transfer. Only a reference makes a repeat known as one, so what
// has none is never repeated in doubt.
func (s *Service) post(ctx context.Context, transfer ledger.Transfer) (store.Posted, error) {
	var outcome store.Posted
	once := func() error {
		posted, err := s.store.Post(ctx, []ledger.Transfer{transfer})
		if err == nil && len(posted) != 1 {
			err = fmt.Errorf("the store gave %d outcomes for one credit", len(posted))
		}
		if err == nil {
			outcome = posted[0]
		}
		return err
	}
	if transfer.Reference == "" {
		err := once()
		return outcome, err
	}
	err := settled(once)
	return outcome, err
}

func creditRefusal(reason dpp.Reason) *Refusal {
	switch reason {
	case dpp.ReasonNotFound:
		return errNoTenant
	case dpp.ReasonIdempotencyConflict:
		return &Refusal{reason, "the reference was used for something else before"}
	case dpp.ReasonMaxCostExceeded:
		return &Refusal{reason, "the balance would grow beyond what can be kept"}
	default:
		return &Refusal{reason, "the credit was refused"}
	}
}
