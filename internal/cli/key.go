package cli

import (
	"context"
	"io"

	"github.com/alecthomas/kong"

	"dpp"
	"dpp/internal/tenants"
)

type keyCmds struct {
	kong.Plugins
	Create keyCreateCmd `cmd:"" help:"Make a live key for a tenant; it is shown once."`
	List   keyListCmd   `cmd:"" help:"List keys, oldest first."`
	Revoke keyRevokeCmd `cmd:"" help:"End a key, everywhere within 5 s."`
	Rotate keyRotateCmd `cmd:"" help:"Replace a key by a new one, which is shown once."`
}

type keyDoc struct {
	ID        dpp.KeyID    `json:"key_id"`
	Tenant    dpp.TenantID `json:"tenant_id,omitempty"`
	Name      string       `json:"name"`
	Live      bool         `json:"livemode"`
	Scopes    []dpp.Scope  `json:"scopes"`
	CreatedAt *dpp.Time    `json:"created_at,omitempty"`
	RevokedAt *dpp.Time    `json:"revoked_at,omitempty"`
	Secret    string       `json:"key,omitempty"` // only when it is made
}

func newKeyDoc(k dpp.Key) keyDoc {
	doc := keyDoc{ID: k.ID, Tenant: k.Tenant, Name: k.Name, Live: k.Live, Scopes: k.Scopes}
	if !k.CreatedAt.IsZero() {
		doc.CreatedAt = &dpp.Time{Time: k.CreatedAt}
	}
	if !k.RevokedAt.IsZero() {
		doc.RevokedAt = &dpp.Time{Time: k.RevokedAt}
	}
	return doc
}

type keyCreateCmd struct {
	Tenant string `name:"tenant" required:"" placeholder:"TENANT_ID" help:"Whose key it is."`
	Name   string `name:"name" default:"key" help:"What the key is called."`
}

// Run is part of the command line.
func (c *keyCreateCmd) Run(ctx context.Context, s *session) error {
	return s.newKey(ctx, func(service *tenants.Service) (tenants.NewKey, error) {
		return service.CreateKey(ctx, dpp.TenantID(c.Tenant), c.Name)
	})
}

type keyRotateCmd struct {
	ID string `arg:"" name:"key_id" help:"The key to be replaced."`
}

// Run is part of the command line.
func (c *keyRotateCmd) Run(ctx context.Context, s *session) error {
	return s.newKey(ctx, func(service *tenants.Service) (tenants.NewKey, error) {
		return service.RotateKey(ctx, dpp.KeyID(c.ID))
	})
}

func (s *session) newKey(ctx context.Context, create func(*tenants.Service) (tenants.NewKey, error)) error {
	return s.operate(ctx, func(service *tenants.Service) error {
		made, err := create(service)
		if err != nil {
			return err
		}
		doc := newKeyDoc(made.Key)
		doc.Secret = string(made.Secret)
		return s.print(doc, func(w io.Writer) {
			row(w, "key id", doc.ID)
			row(w, "name", doc.Name)
			row(w, "key", doc.Secret)
			row(w, "", "keep it now: it is not shown again")
		})
	})
}

type keyListCmd struct {
	Tenant string `name:"tenant" placeholder:"TENANT_ID" help:"Only this tenant's keys."`
}

// Run is part of the command line.
func (c *keyListCmd) Run(ctx context.Context, s *session) error {
	return s.operate(ctx, func(service *tenants.Service) error {
		keys, err := service.ListKeys(ctx, dpp.TenantID(c.Tenant))
		if err != nil {
			return err
		}
		list := dpp.List[keyDoc]{Data: make([]keyDoc, len(keys))}
		for i, k := range keys {
			list.Data[i] = newKeyDoc(k)
		}
		return s.print(list, func(w io.Writer) {
			row(w, "KEY", "TENANT", "NAME", "CREATED", "REVOKED")
			for _, k := range list.Data {
				row(w, k.ID, keyOwner(k), k.Name, when(k.CreatedAt), when(k.RevokedAt))
			}
		})
	})
}

func keyOwner(k keyDoc) string {
	if k.Tenant == "" {
		return "(operator)"
	}
	return string(k.Tenant)
}

type keyRevokeCmd struct {
	ID string `arg:"" name:"key_id" help:"The key."`
}

// Run is part of the command line.
func (c *keyRevokeCmd) Run(ctx context.Context, s *session) error {
	return s.operate(ctx, func(service *tenants.Service) error {
		if err := service.RevokeKey(ctx, dpp.KeyID(c.ID)); err != nil {
			return err
		}
		return s.print(struct {
			ID      string `json:"key_id"`
			Revoked bool   `json:"revoked"`
		}{c.ID, true}, func(w io.Writer) {
			row(w, "key", c.ID)
			row(w, "state", "revoked, everywhere within 5 s")
		})
	})
}
