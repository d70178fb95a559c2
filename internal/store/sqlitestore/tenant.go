package sqlitestore

import (
	"context"

	"dpp"
	"dpp/internal/store"
)

const (
	insertTenant  = `INSERT INTO tenants (id, name, created_at) VALUES (?1, ?2, ?3) ON CONFLICT (id) DO NOTHING`
	insertAccount = `INSERT INTO accounts (id, tenant_id, live, suspended) VALUES (?1, ?2, 1, ?3)`
)

// CreateTenant makes a tenant with an empty live account. One that is there already
// is left as it is: this is a repeat.
func (s *Store) CreateTenant(ctx context.Context, tenant dpp.Tenant) error {
	_, err := write(ctx, s, func(t *tx) (struct{}, error) { return struct{}{}, t.createTenant(tenant) })
	return err
}

func (t *tx) createTenant(tenant dpp.Tenant) error {
	made, err := t.exec(insertTenant, string(tenant.ID), tenant.Name, t.now.UnixMilli())
	if err == nil && made == 1 {
		_, err = t.exec(insertAccount, string(dpp.AccountOf(tenant.ID, true)), string(tenant.ID), tenant.Suspended)
	}
	return err
}

// A tenant's accounts are suspended together.
const selectTenants = `SELECT tenants.id, name, created_at, suspended
	FROM tenants JOIN accounts ON accounts.tenant_id = tenants.id AND live = 1 ORDER BY created_at, tenants.id`

// ListTenants returns every tenant, oldest first.
func (s *Store) ListTenants(ctx context.Context) ([]dpp.Tenant, error) {
	return readAll(ctx, s, func(r row) (tenant dpp.Tenant, err error) {
		var created int64
		err = r.Scan((*string)(&tenant.ID), &tenant.Name, &created, &tenant.Suspended)
		tenant.CreatedAt = fromMillis(created)
		return tenant, err
	}, selectTenants)
}

const (
	selectTenantExists = `SELECT 1 FROM tenants WHERE id = ?1`
	updateSuspended    = `UPDATE accounts SET suspended = ?2, version = version + 1 WHERE tenant_id = ?1 AND suspended <> ?2`
)

// SetSuspended stops a tenant from submitting, or lets it again.
func (s *Store) SetSuspended(ctx context.Context, tenant dpp.TenantID, suspended bool) error {
	_, err := write(ctx, s, func(t *tx) (struct{}, error) {
		if err := t.needTenant(tenant); err != nil {
			return struct{}{}, err
		}
		_, err := t.exec(updateSuspended, string(tenant), suspended)
		return struct{}{}, err
	})
	return err
}

// needTenant returns [store.ErrNotFound] where there is no such tenant.
func (t *tx) needTenant(tenant dpp.TenantID) error {
	found := false
	err := t.query(selectTenantExists, func(row) error {
		found = true
		return nil
	}, string(tenant))
	if err == nil && !found {
		err = store.ErrNotFound
	}
	return err
}
