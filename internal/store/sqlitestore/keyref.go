package sqlitestore

import (
	"context"
	"encoding/json"

	"dpp/internal/store"
)

// keyList is keys for json_each: an array of [tenant, 0 or 1, key].
func keyList(keys []store.KeyRef) (string, error) {
	wanted := make([][3]any, len(keys))
	for i, k := range keys {
		wanted[i] = [3]any{k.Tenant, bit(k.Live), k.Key}
	}
	text, err := json.Marshal(wanted)
	return string(text), err
}

// bit is a boolean as SQLite has it.
func bit(b bool) int {
	if b {
		return 1
	}
	return 0
}

const selectRunsByKey = `SELECT ` + runColumns + `, ` + leaseColumns + `, known.tenant_id, known.live, known.key, payload_hash
	FROM json_each(?1) AS wanted CROSS JOIN idempotency AS known
	ON known.tenant_id = wanted.value ->> 0 AND known.live = wanted.value ->> 1 AND known.key = wanted.value ->> 2
	JOIN runs ON runs.n = known.run_n LEFT JOIN leases ON leases.run_n = runs.n
	WHERE known.expires_at > ?2`

// RunsByKey returns for each key, in order, the run that it was used for inside its
// window.
func (s *Store) RunsByKey(ctx context.Context, keys []store.KeyRef) ([]*store.KnownKey, error) {
	if len(keys) == 0 {
		return nil, nil
	}
	wanted, err := keyList(keys)
	if err != nil {
		return nil, err
	}
	found := make(map[store.KeyRef]*store.KnownKey)
	err = s.read(ctx, func(r *reading) error {
		return r.query(selectRunsByKey, func(r row) error {
			var ref store.KeyRef
			var known store.KnownKey
			var hash []byte
			err := scanLeasedRun(r, &known.Run, new(leaseRow), (*string)(&ref.Tenant), &ref.Live, &ref.Key, &hash)
			copy(known.PayloadHash[:], hash)
			found[ref] = &known
			return err
		}, wanted, r.now.UnixMilli())
	})
	if err != nil {
		return nil, err
	}
	known := make([]*store.KnownKey, len(keys))
	for i, key := range keys {
		known[i] = found[key]
	}
	return known, nil
}
