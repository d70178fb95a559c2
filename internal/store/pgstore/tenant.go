package pgstore

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"dpp"
	"dpp/internal/store"
)

const (
	insertTenant  = `INSERT INTO tenants (id, name, created_at) VALUES ($1, $2, $3) ON CONFLICT (id) DO NOTHING`
	insertAccount = `INSERT INTO accounts (id, tenant_id, live, suspended) VALUES ($1, $2, true, $3) ON CONFLICT (id) DO NOTHING`
)

// CreateTenant makes a tenant with an empty live account. One that is there already
// is left as it is: this is a repeat.
func (s *Store) CreateTenant(ctx context.Context, tenant dpp.Tenant) error {
	return s.change(ctx, func(now time.Time, b *statements) {
		b.exec(insertTenant, nil, string(tenant.ID), tenant.Name, now)
		b.exec(insertAccount, nil, string(dpp.AccountOf(tenant.ID, true)), string(tenant.ID), tenant.Suspended)
	})
}

// A tenant's accounts are suspended together.
const selectTenants = `SELECT tenants.id, name, created_at, suspended
	FROM tenants JOIN accounts ON accounts.tenant_id = tenants.id AND live ORDER BY created_at, tenants.id`

// ListTenants returns every tenant, oldest first.
func (s *Store) ListTenants(ctx context.Context) ([]dpp.Tenant, error) {
	return readAll(ctx, s, func(r pgx.Row) (tenant dpp.Tenant, err error) {
		err = r.Scan((*string)(&tenant.ID), &tenant.Name, &tenant.CreatedAt, &tenant.Suspended)
		tenant.CreatedAt = utc(tenant.CreatedAt)
		return tenant, err
	}, selectTenants)
}

const (
	selectTenantAccounts = `SELECT ` + accountColumns + ` FROM accounts WHERE tenant_id = $1 ORDER BY id FOR UPDATE`
	updateSuspended      = `UPDATE accounts SET suspended = $2, version = version + 1 WHERE tenant_id = $1 AND suspended <> $2`
)

// SetSuspended stops a tenant from submitting, or lets it again.
func (s *Store) SetSuspended(ctx context.Context, tenant dpp.TenantID, suspended bool) error {
	found := 0
	return s.write(ctx, tx{
		ask: func(b *statements) {
			found = 0
			b.query(selectTenantAccounts, func(pgx.Row) error { found++; return nil }, string(tenant))
		},
		decide: func(_ time.Time, b *statements) error {
			if found == 0 {
				return store.ErrNotFound
			}
			b.exec(updateSuspended, nil, string(tenant), suspended)
			return nil
		},
	})
}
