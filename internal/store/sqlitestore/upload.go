package sqlitestore

import (
	"context"
	"encoding/json"

	"dpp"
	"dpp/internal/ledger"
	"dpp/internal/store"
	"dpp/internal/store/rules"
)

const uploadColumns = `id, tenant_id, live, name, media_type, size, sha256, created_at, expires_at`

// scanUpload reads [uploadColumns], and behind them whatever more names.
func scanUpload(r row, u *dpp.Upload, more ...any) error {
	var created, expires int64
	err := r.Scan(append([]any{
		(*string)(&u.ID), (*string)(&u.Tenant), &u.Live, &u.Name, &u.MediaType, &u.Size, &u.SHA256, &created, &expires,
	}, more...)...)
	u.CreatedAt, u.ExpiresAt = fromMillis(created), fromMillis(expires)
	return err
}

func anUpload(r row) (u dpp.Upload, err error) {
	err = scanUpload(r, &u)
	return u, err
}

const selectUploads = `SELECT ` + uploadColumns + `, used FROM uploads WHERE id IN (SELECT value FROM json_each(?1))`

// knownUploads reads those of the uploads that exist.
func knownUploads(r *reading, ids []dpp.UploadID) ([]store.KnownUpload, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	wanted, err := list(ids)
	if err != nil {
		return nil, err
	}
	return gather(r, func(row row) (u store.KnownUpload, err error) {
		err = scanUpload(row, &u.Upload, &u.Used)
		u.Expired = rules.Expired(&u.Upload, r.now)
		return u, err
	}, selectUploads, wanted)
}

// UploadsByID returns those of the uploads that exist.
func (s *Store) UploadsByID(ctx context.Context, ids []dpp.UploadID) (known []store.KnownUpload, err error) {
	err = s.read(ctx, func(r *reading) error {
		known, err = knownUploads(r, ids)
		return err
	})
	return known, err
}

// uploadsByID are those of the uploads that exist, by their identifiers.
func (t *tx) uploadsByID(ids []dpp.UploadID) (map[dpp.UploadID]dpp.Upload, error) {
	known, err := knownUploads(&t.reading, ids)
	found := make(map[dpp.UploadID]dpp.Upload, len(known))
	for _, u := range known {
		found[u.ID] = u.Upload
	}
	return found, err
}

// namedUploads are those that a batch of submissions names.
func (t *tx) namedUploads(batch []store.Submission) (map[dpp.UploadID]dpp.Upload, error) {
	var ids []dpp.UploadID
	for i := range batch {
		ids = append(ids, batch[i].Uploads...)
	}
	return t.uploadsByID(ids)
}

// CreateUploads announces files, in order, in one transaction.
func (s *Store) CreateUploads(ctx context.Context, batch []store.NewUpload) ([]store.CreatedUpload, error) {
	if len(batch) == 0 {
		return nil, nil
	}
	return write(ctx, s, func(t *tx) ([]store.CreatedUpload, error) { return t.createUploads(batch) })
}

func (t *tx) createUploads(batch []store.NewUpload) ([]store.CreatedUpload, error) {
	found, err := t.announcing(batch)
	if err != nil {
		return nil, err
	}
	outcomes, created := found.Decide(t.now, batch)
	for i := range created {
		if err := t.insertUpload(&created[i]); err != nil {
			return nil, err
		}
	}
	return outcomes, nil
}

const selectUnusedCount = `SELECT wanted.key, (SELECT count(*) FROM uploads
	WHERE tenant_id = wanted.value ->> 0 AND live = wanted.value ->> 1 AND used = 0 AND expires_at > ?2) FROM json_each(?1) AS wanted`

// announcing reads what a batch of announcements is decided by.
func (t *tx) announcing(batch []store.NewUpload) (found rules.Announcing, err error) {
	ids := make([]dpp.UploadID, len(batch))
	scopes := make(map[dpp.AccountID][2]any)
	accounts := make([]dpp.AccountID, 0, len(batch))
	for i := range batch {
		u := &batch[i].Upload
		ids[i] = u.ID
		scopes[u.Account()] = [2]any{u.Tenant, bit(u.Live)}
		accounts = append(accounts, u.Account())
	}
	if found.Known, err = t.uploadsByID(ids); err != nil {
		return found, err
	}
	if found.Accounts, err = t.accountsByID(accounts); err != nil {
		return found, err
	}
	wanted, err := json.Marshal(scopes)
	if err != nil {
		return found, err
	}
	found.Unused = make(map[dpp.AccountID]int64, len(scopes))
	return found, t.query(selectUnusedCount, func(r row) error {
		var account dpp.AccountID
		var count int64
		err := r.Scan((*string)(&account), &count)
		found.Unused[account] = count
		return err
	}, string(wanted), t.now.UnixMilli())
}

func (t *tx) accountsByID(ids []dpp.AccountID) (map[dpp.AccountID]ledger.Account, error) {
	wanted, err := list(ids)
	if err != nil {
		return nil, err
	}
	accounts, err := gather(t, scanAccount, selectAccounts, wanted)
	found := make(map[dpp.AccountID]ledger.Account, len(accounts))
	for _, account := range accounts {
		found[account.ID] = account
	}
	return found, err
}

const insertUpload = `INSERT INTO uploads (` + uploadColumns + `) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)`

func (t *tx) insertUpload(u *dpp.Upload) error {
	_, err := t.exec(insertUpload, string(u.ID), string(u.Tenant), u.Live, u.Name, u.MediaType, u.Size, u.SHA256,
		u.CreatedAt.UnixMilli(), u.ExpiresAt.UnixMilli())
	return err
}

const (
	insertUse  = `INSERT INTO upload_runs (run_n, upload_id) VALUES (?1, ?2)`
	updateUsed = `UPDATE uploads SET used = 1 WHERE id IN (SELECT value FROM json_each(?1)) AND used = 0`
)

// use has the run of that number use uploads.
func (t *tx) use(run int64, uploads []dpp.UploadID) error {
	if len(uploads) == 0 {
		return nil
	}
	for _, id := range uploads {
		if _, err := t.exec(insertUse, run, string(id)); err != nil {
			return err
		}
	}
	used, err := list(uploads)
	if err != nil {
		return err
	}
	_, err = t.exec(updateUsed, used)
	return err
}

const (
	deleteUses = `DELETE FROM upload_runs WHERE run_n IN (
		SELECT n FROM runs WHERE id IN (SELECT value FROM json_each(?1)) AND +purged_at IS NOT NULL) RETURNING upload_id`
	updateReleased = `UPDATE uploads SET used = 0 WHERE id IN (SELECT value FROM json_each(?1))
		AND NOT EXISTS (SELECT 1 FROM upload_runs WHERE upload_id = id)`
)

// releaseUploads has purged runs, a list of identifiers, use nothing.
func (t *tx) releaseUploads(runs string) error {
	freed, err := gather(t, func(r row) (id string, err error) {
		err = r.Scan(&id)
		return id, err
	}, deleteUses, runs)
	if err != nil || len(freed) == 0 {
		return err
	}
	uploads, err := list(freed)
	if err != nil {
		return err
	}
	_, err = t.exec(updateReleased, uploads)
	return err
}

const selectUnusedUploads = `SELECT ` + uploadColumns + ` FROM uploads WHERE used = 0 AND expires_at <= ?1 ORDER BY expires_at, id LIMIT ?2`

// UnusedUploads returns uploads that have expired and that no run uses.
func (s *Store) UnusedUploads(ctx context.Context, limit int) ([]dpp.Upload, error) {
	return readAll(ctx, s, anUpload, selectUnusedUploads, s.opts.now().UnixMilli(), max(limit, 0))
}

const deleteUploads = `DELETE FROM uploads WHERE id IN (SELECT value FROM json_each(?1)) AND used = 0 AND expires_at <= ?2`

// DeleteUploads deletes those that have expired and that no run uses.
func (s *Store) DeleteUploads(ctx context.Context, ids []dpp.UploadID) error {
	gone, err := list(ids)
	if err != nil || len(ids) == 0 {
		return err
	}
	_, err = write(ctx, s, func(t *tx) (int64, error) { return t.exec(deleteUploads, gone, t.now.UnixMilli()) })
	return err
}
