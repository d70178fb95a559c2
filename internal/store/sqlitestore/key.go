package sqlitestore

import (
	"context"
	"database/sql"
	"encoding/hex"
	"encoding/json"

	"dpp"
	"dpp/internal/store"
)

const keyColumns = `id, ifnull(tenant_id, ''), name, live, scopes, hash, created_at, revoked_at`

func scanKey(r row) (key dpp.Key, err error) {
	var scopes string
	var hash []byte
	var created int64
	var revoked sql.NullInt64
	err = r.Scan((*string)(&key.ID), (*string)(&key.Tenant), &key.Name, &key.Live, &scopes, &hash, &created, &revoked)
	if err != nil {
		return key, err
	}
	copy(key.Hash[:], hash)
	key.CreatedAt, key.RevokedAt = fromMillis(created), moment(revoked)
	return key, json.Unmarshal([]byte(scopes), &key.Scopes)
}

const insertKey = `INSERT INTO keys (id, tenant_id, name, live, scopes, hash, created_at) VALUES (?1, nullif(?2, ''), ?3, ?4, ?5, ?6, ?7)
	ON CONFLICT (id) DO NOTHING`

func (t *tx) insertKey(key dpp.Key) error {
	if key.Tenant != "" {
		if err := t.needTenant(key.Tenant); err != nil {
			return err
		}
	}
	scopes := key.Scopes
	if scopes == nil {
		scopes = []dpp.Scope{}
	}
	text, err := list(scopes)
	if err != nil {
		return err
	}
	_, err = t.exec(insertKey, string(key.ID), string(key.Tenant), key.Name, key.Live, text, key.Hash[:], t.now.UnixMilli())
	return err
}

// CreateKey stores a key. One that is there already is left as it is: this is a repeat.
func (s *Store) CreateKey(ctx context.Context, key dpp.Key) error {
	_, err := write(ctx, s, func(t *tx) (struct{}, error) { return struct{}{}, t.insertKey(key) })
	return err
}

const (
	selectAllKeys    = `SELECT ` + keyColumns + ` FROM keys ORDER BY created_at, id`
	selectTenantKeys = `SELECT ` + keyColumns + ` FROM keys WHERE tenant_id = ?1 ORDER BY created_at, id`
)

// ListKeys returns a tenant's keys, oldest first, or every key.
func (s *Store) ListKeys(ctx context.Context, tenant dpp.TenantID) ([]dpp.Key, error) {
	if tenant == "" {
		return readAll(ctx, s, scanKey, selectAllKeys)
	}
	return readAll(ctx, s, scanKey, selectTenantKeys, string(tenant))
}

const selectKeysByHash = `SELECT ` + keyColumns + ` FROM keys WHERE hash IN (SELECT unhex(value) FROM json_each(?1))`

// KeysByHash returns those of the keys that exist, revoked or not.
func (s *Store) KeysByHash(ctx context.Context, hashes []dpp.KeyHash) ([]dpp.Key, error) {
	texts := make([]string, len(hashes))
	for i := range hashes {
		texts[i] = hex.EncodeToString(hashes[i][:])
	}
	wanted, err := list(texts)
	if err != nil {
		return nil, err
	}
	return readAll(ctx, s, scanKey, selectKeysByHash, wanted)
}

func only(keys []dpp.Key) (dpp.Key, error) {
	if len(keys) == 0 {
		return dpp.Key{}, store.ErrNotFound
	}
	return keys[0], nil
}

const (
	selectKey     = `SELECT ` + keyColumns + ` FROM keys WHERE id = ?1`
	updateRevoked = `UPDATE keys SET revoked_at = ?2 WHERE id = ?1 AND revoked_at IS NULL`
)

func (t *tx) key(id dpp.KeyID) (dpp.Key, error) {
	keys, err := gather(t, scanKey, selectKey, string(id))
	if err != nil {
		return dpp.Key{}, err
	}
	return only(keys)
}

// RevokeKey ends a key.
func (s *Store) RevokeKey(ctx context.Context, id dpp.KeyID) error {
	_, err := write(ctx, s, func(t *tx) (struct{}, error) {
		if _, err := t.key(id); err != nil {
			return struct{}{}, err
		}
		_, err := t.exec(updateRevoked, string(id), t.now.UnixMilli())
		return struct{}{}, err
	})
	return err
}

// RotateKey revokes a key and stores its successor. Repeating it returns the
// successor that is there.
func (s *Store) RotateKey(ctx context.Context, old dpp.KeyID, successor dpp.Key) (dpp.Key, error) {
	return write(ctx, s, func(t *tx) (dpp.Key, error) {
		before, err := t.key(old)
		if err != nil {
			return dpp.Key{}, err
		}
		if !before.RevokedAt.IsZero() {
			stored, err := t.key(successor.ID)
			if err == nil && stored.Hash != successor.Hash {
				err = store.ErrNotFound
			}
			return stored, err
		}
		if _, err := t.exec(updateRevoked, string(old), t.now.UnixMilli()); err != nil {
			return dpp.Key{}, err
		}
		successor.Tenant, successor.Name, successor.Live, successor.Scopes = before.Tenant, before.Name, before.Live, before.Scopes
		if err := t.insertKey(successor); err != nil {
			return dpp.Key{}, err
		}
		return t.key(successor.ID)
	})
}
