package cli

import (
	"context"
	"io"

	"github.com/alecthomas/kong"

	"dpp"
	"dpp/internal/tenants"
)

type tenantCmds struct {
	kong.Plugins
	Create  tenantCreateCmd  `cmd:"" help:"Make a tenant with nothing on its account."`
	List    tenantListCmd    `cmd:"" help:"List tenants, oldest first."`
	Suspend tenantSuspendCmd `cmd:"" help:"Stop a tenant from submitting; what runs goes on."`
	Resume  tenantResumeCmd  `cmd:"" help:"Let a suspended tenant submit again."`
}

type tenantDoc struct {
	ID        dpp.TenantID `json:"tenant_id"`
	Name      string       `json:"name"`
	Suspended bool         `json:"suspended"`
	CreatedAt *dpp.Time    `json:"created_at,omitempty"`
}

type tenantCreateCmd struct {
	Name string `name:"name" required:"" help:"What the tenant is called."`
}

// Run is part of the command line.
func (c *tenantCreateCmd) Run(ctx context.Context, s *session) error {
	return s.operate(ctx, func(service *tenants.Service) error {
		t, err := service.Create(ctx, c.Name)
		if err != nil {
			return err
		}
		return s.print(tenantDoc{ID: t.ID, Name: t.Name}, func(w io.Writer) {
			row(w, "tenant", t.ID)
			row(w, "name", t.Name)
			row(w, "next", "dpp credit --tenant "+t.ID+" --amount 100.0000; dpp key create --tenant "+t.ID)
		})
	})
}

type tenantListCmd struct{}

// Run is part of the command line.
func (c *tenantListCmd) Run(ctx context.Context, s *session) error {
	return s.operate(ctx, func(service *tenants.Service) error {
		all, err := service.List(ctx)
		if err != nil {
			return err
		}
		list := dpp.List[tenantDoc]{Data: make([]tenantDoc, len(all))}
		for i, t := range all {
			list.Data[i] = tenantDoc{ID: t.ID, Name: t.Name, Suspended: t.Suspended, CreatedAt: &dpp.Time{Time: t.CreatedAt}}
		}
		return s.print(list, func(w io.Writer) {
			row(w, "TENANT", "NAME", "STATE", "CREATED")
			for _, t := range list.Data {
				row(w, t.ID, t.Name, tenantState(t.Suspended), when(t.CreatedAt))
			}
		})
	})
}

func tenantState(suspended bool) string {
	if suspended {
		return "suspended"
	}
	return "active"
}

type tenantSuspendCmd struct {
	ID string `arg:"" name:"tenant_id" help:"The tenant."`
}

// Run is part of the command line.
func (c *tenantSuspendCmd) Run(ctx context.Context, s *session) error {
	return s.setSuspended(ctx, c.ID, true, (*tenants.Service).Suspend)
}

type tenantResumeCmd struct {
	ID string `arg:"" name:"tenant_id" help:"The tenant."`
}

// Run is part of the command line.
func (c *tenantResumeCmd) Run(ctx context.Context, s *session) error {
	return s.setSuspended(ctx, c.ID, false, (*tenants.Service).Resume)
}

func (s *session) setSuspended(ctx context.Context, id string, suspended bool, set func(*tenants.Service, context.Context, dpp.TenantID) error) error {
	return s.operate(ctx, func(service *tenants.Service) error {
		if err := set(service, ctx, dpp.TenantID(id)); err != nil {
			return err
		}
		return s.print(struct {
			ID        string `json:"tenant_id"`
			Suspended bool   `json:"suspended"`
		}{id, suspended}, func(w io.Writer) {
			row(w, "tenant", id)
			row(w, "state", tenantState(suspended)+", everywhere within 5 s")
		})
	})
}
