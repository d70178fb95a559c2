package cli

import (
	"context"
	"io"

	"github.com/alecthomas/kong"

	"dpp"
	"dpp/internal/tenants"
)

type creditCmd struct {
	kong.Plugins
	Tenant string `name:"tenant" required:"" placeholder:"TENANT_ID" help:"Whose account it is."`
	Amount string `name:"amount" required:"" placeholder:"USD" help:"How much, such as 100.0000."`
	Ref    string `name:"ref" help:"Your own name for the payment; repeating it adds nothing."`
}

type creditDoc struct {
	Tenant dpp.TenantID `json:"tenant_id"`
	dpp.EntryView
	Available dpp.Money `json:"available_usd"`
	Repeated  bool      `json:"repeated"`
}

// Run is part of the command line.
func (c *creditCmd) Run(ctx context.Context, s *session) error {
	amount, err := dpp.ParseMoney(c.Amount)
	if err != nil {
		return &usageError{"--amount: " + err.Error()}
	}
	return s.operate(ctx, func(service *tenants.Service) error {
		credited, err := service.Credit(ctx, dpp.TenantID(c.Tenant), amount, c.Ref)
		if err != nil {
			return err
		}
		doc := newCreditDoc(dpp.TenantID(c.Tenant), credited)
		return s.print(doc, func(w io.Writer) { showCredit(w, doc) })
	})
}

func newCreditDoc(tenant dpp.TenantID, c tenants.Credited) creditDoc {
	return creditDoc{
		Tenant: tenant,
		EntryView: dpp.EntryView{
			Seq: c.Entry.Seq, Kind: string(c.Entry.Kind), Amount: c.Entry.Amount, Reference: c.Entry.Reference, CreatedAt: dpp.Time{Time: c.Entry.CreatedAt},
		},
		Available: c.Account.Available, Repeated: c.Repeated,
	}
}

func showCredit(w io.Writer, doc creditDoc) {
	row(w, "credit", doc.Amount.String()+" USD")
	row(w, "entry", doc.Seq, when(&doc.CreatedAt))
	if doc.Reference != "" {
		row(w, "reference", doc.Reference)
	}
	row(w, "available", doc.Available.String()+" USD")
	if doc.Repeated {
		row(w, "", "this reference was credited before: nothing was added")
	}
}
