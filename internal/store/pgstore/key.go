package pgstore

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"dpp"
	"dpp/internal/store"
)

const keyFields = `id, coalesce(tenant_id, ''), name, live, scopes, hash, created_at, revoked_at`

func scanKey(r pgx.Row) (key dpp.Key, err error) {
	var scopes []string
	var hash []byte
	var revoked *time.Time
	err = r.Scan((*string)(&key.ID), (*string)(&key.Tenant), &key.Name, &key.Live, &scopes, &hash, &key.CreatedAt, &revoked)
	copy(key.Hash[:], hash)
	key.CreatedAt, key.RevokedAt = utc(key.CreatedAt), moment(revoked)
	key.Scopes = column(scopes, func(s *string) dpp.Scope { return dpp.Scope(*s) })
	return key, err
}

const (
	insertKey = `INSERT INTO keys (id, tenant_id, name, live, scopes, hash, created_at) VALUES ($1, nullif($2, ''), $3, $4, $5, $6, $7)
		ON CONFLICT (id) DO NOTHING`
	selectTenantExists = `SELECT id FROM tenants WHERE id = $1 FOR KEY SHARE`
)

func (b *statements) insertKey(key dpp.Key, now time.Time) {
	b.exec(insertKey, nil, string(key.ID), string(key.Tenant), key.Name, key.Live, texts(key.Scopes), key.Hash[:], now)
}

// CreateKey stores a key. One that is there already is left as it is: this is a repeat.
func (s *Store) CreateKey(ctx context.Context, key dpp.Key) error {
	found := false
	return s.write(ctx, tx{
		ask: func(b *statements) {
			if found = key.Tenant == ""; !found {
				b.query(selectTenantExists, func(pgx.Row) error { found = true; return nil }, string(key.Tenant))
			}
		},
		decide: func(now time.Time, b *statements) error {
			if !found {
				return store.ErrNotFound
			}
			b.insertKey(key, now)
			return nil
		},
	})
}

const (
	selectAllKeys    = `SELECT ` + keyFields + ` FROM keys ORDER BY created_at, id`
	selectTenantKeys = `SELECT ` + keyFields + ` FROM keys WHERE tenant_id = $1 ORDER BY created_at, id`
)

// ListKeys returns a tenant's keys, oldest first, or every key.
func (s *Store) ListKeys(ctx context.Context, tenant dpp.TenantID) ([]dpp.Key, error) {
	if tenant == "" {
		return readAll(ctx, s, scanKey, selectAllKeys)
	}
	return readAll(ctx, s, scanKey, selectTenantKeys, string(tenant))
}

const selectKeysByHash = `SELECT ` + keyFields + ` FROM keys WHERE hash = ANY($1)`

// KeysByHash returns those of the keys that exist, revoked or not.
func (s *Store) KeysByHash(ctx context.Context, hashes []dpp.KeyHash) ([]dpp.Key, error) {
	return readAll(ctx, s, scanKey, selectKeysByHash, column(hashes, func(h *dpp.KeyHash) []byte { return h[:] }))
}

const (
	lockKeys      = `SELECT ` + keyFields + ` FROM keys WHERE id = ANY($1) ORDER BY id FOR UPDATE`
	updateRevoked = `UPDATE keys SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL`
)

// lockKeys reads keys that a transaction is about to change.
func (b *statements) lockKeys(keys map[dpp.KeyID]dpp.Key, ids ...dpp.KeyID) {
	b.query(lockKeys, func(r pgx.Row) error {
		key, err := scanKey(r)
		keys[key.ID] = key
		return err
	}, texts(ids))
}

// RevokeKey ends a key.
func (s *Store) RevokeKey(ctx context.Context, id dpp.KeyID) error {
	keys := make(map[dpp.KeyID]dpp.Key)
	return s.write(ctx, tx{
		ask: func(b *statements) { clear(keys); b.lockKeys(keys, id) },
		decide: func(now time.Time, b *statements) error {
			if _, ok := keys[id]; !ok {
				return store.ErrNotFound
			}
			b.exec(updateRevoked, nil, string(id), now)
			return nil
		},
	})
}

// RotateKey revokes a key and stores its successor. Repeating it returns the
// successor that is there.
func (s *Store) RotateKey(ctx context.Context, old dpp.KeyID, successor dpp.Key) (dpp.Key, error) {
	keys := make(map[dpp.KeyID]dpp.Key)
	var stored dpp.Key
	err := s.write(ctx, tx{
		ask: func(b *statements) { clear(keys); b.lockKeys(keys, old, successor.ID) },
		decide: func(now time.Time, b *statements) error {
			before, ok := keys[old]
			if !ok {
				return store.ErrNotFound
			}
			if !before.RevokedAt.IsZero() {
				if stored, ok = keys[successor.ID]; !ok || stored.Hash != successor.Hash {
					stored = dpp.Key{}
					return store.ErrNotFound
				}
				return nil
			}
			stored = successor
			stored.Tenant, stored.Name, stored.Live, stored.Scopes = before.Tenant, before.Name, before.Live, before.Scopes
			stored.CreatedAt, stored.RevokedAt = now, time.Time{}
			b.exec(updateRevoked, nil, string(old), now)
			b.insertKey(stored, now)
			return nil
		},
	})
	return stored, err
}
