package tenants

import (
	"context"
	"slices"

	"dpp"
)

// NewKey is a key just made: the only time that its secret is seen.
type NewKey struct {
	Key    dpp.Key
	Secret dpp.Secret
}

// CreateKey makes a live key for everything about a tenant's own runs and money.
func (s *Service) CreateKey(ctx context.Context, tenant dpp.TenantID, name string) (NewKey, error) {
	if tenant == "" { // the store would make an operator's
		return NewKey{}, errNoTenant
	}
	return s.createKey(ctx, tenant, name, dpp.ScopeRuns, dpp.NewSecret(true))
}

// CreateOperatorKey makes a key for the platform itself; it sees no tenant's data.
func (s *Service) CreateOperatorKey(ctx context.Context, name string) (NewKey, error) {
	return s.createKey(ctx, "", name, dpp.ScopeOperator, dpp.NewOperatorSecret())
}

func (s *Service) createKey(ctx context.Context, tenant dpp.TenantID, name string, scope dpp.Scope, secret dpp.Secret) (NewKey, error) {
	if err := checkName("name", name); err != nil {
		return NewKey{}, err
	}
	key := dpp.Key{ID: dpp.NewKeyID(), Tenant: tenant, Name: name, Live: true, Scopes: []dpp.Scope{scope}, Hash: secret.Hash()}
	err := settled(func() error { return s.store.CreateKey(ctx, key) })
	if err != nil {
		return NewKey{}, notFound(err, errNoTenant)
	}
	return NewKey{Key: key, Secret: secret}, nil
}

// ListKeys returns a tenant's keys, oldest first, revoked ones included; every key,
// the operators' too, where tenant is empty.
func (s *Service) ListKeys(ctx context.Context, tenant dpp.TenantID) ([]dpp.Key, error) {
	keys, err := s.store.ListKeys(ctx, tenant)
	if err != nil || len(keys) > 0 || tenant == "" {
		return keys, err
	}
	all, err := s.store.ListTenants(ctx)
	if err != nil {
		return nil, err
	}
	if !slices.ContainsFunc(all, func(t dpp.Tenant) bool { return t.ID == tenant }) {
		return nil, errNoTenant
	}
	return nil, nil
}

// RevokeKey ends a key, everywhere within 5 s. Repeating it changes nothing.
func (s *Service) RevokeKey(ctx context.Context, id dpp.KeyID) error {
	err := settled(func() error { return s.store.RevokeKey(ctx, id) })
	return notFound(err, errNoKey)
}

// RotateKey revokes a key and makes its successor with the same name and rights, in
// one step.
func (s *Service) RotateKey(ctx context.Context, id dpp.KeyID) (NewKey, error) {
	keys, err := s.store.ListKeys(ctx, "")
	if err != nil {
		return NewKey{}, err
	}
	i := slices.IndexFunc(keys, func(k dpp.Key) bool { return k.ID == id })
	if i < 0 {
		return NewKey{}, errNoKey
	}
	out := NewKey{Secret: successor(keys[i])}
	next := dpp.Key{ID: dpp.NewKeyID(), Hash: out.Secret.Hash()}
	err = settled(func() (err error) {
		out.Key, err = s.store.RotateKey(ctx, id, next)
		return err
	})
	if err != nil {
		return NewKey{}, notFound(err, errNoKey)
	}
	return out, nil
}

// successor makes a secret of the kind that the key has.
func successor(key dpp.Key) dpp.Secret {
	if key.Tenant == "" {
		return dpp.NewOperatorSecret()
	}
	return dpp.NewSecret(key.Live)
}
