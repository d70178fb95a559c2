package pgstore

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"dpp"
	"dpp/internal/ledger"
	"dpp/internal/store"
	"dpp/internal/store/rules"
)

const uploadColumns = `id, tenant_id, live, name, media_type, size, sha256, created_at, expires_at`

// scanUpload reads [uploadColumns], and behind them whatever more names.
func scanUpload(r pgx.Row, u *dpp.Upload, more ...any) error {
	err := r.Scan(append([]any{
		(*string)(&u.ID), (*string)(&u.Tenant), &u.Live, &u.Name, &u.MediaType, &u.Size, &u.SHA256, &u.CreatedAt, &u.ExpiresAt,
	}, more...)...)
	u.CreatedAt, u.ExpiresAt = utc(u.CreatedAt), utc(u.ExpiresAt)
	return err
}

func anUpload(r pgx.Row) (u dpp.Upload, err error) {
	err = scanUpload(r, &u)
	return u, err
}

const selectUploads = `SELECT ` + uploadColumns + `, expires_at <= coalesce($2, clock_timestamp()), used FROM uploads WHERE id = ANY($1)`

// UploadsByID returns those of the uploads that exist.
func (s *Store) UploadsByID(ctx context.Context, ids []dpp.UploadID) ([]store.KnownUpload, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	return readAll(ctx, s, func(r pgx.Row) (u store.KnownUpload, err error) {
		err = scanUpload(r, &u.Upload, &u.Expired, &u.Used)
		return u, err
	}, selectUploads, texts(ids), s.opts.now())
}

// Accounts are locked before uploads, and uploads in the order of their identifiers.
const lockUploads = `SELECT ` + uploadColumns + ` FROM uploads WHERE id = ANY($1) ORDER BY id FOR UPDATE`

// lockUploads reads those of the uploads that exist. Nobody deletes one that is
// locked, or finds that its last run is gone.
func (b *statements) lockUploads(ids []dpp.UploadID) map[dpp.UploadID]dpp.Upload {
	if len(ids) == 0 {
		return nil
	}
	found := make(map[dpp.UploadID]dpp.Upload, len(ids))
	b.query(lockUploads, func(r pgx.Row) error {
		u, err := anUpload(r)
		found[u.ID] = u
		return err
	}, texts(ids))
	return found
}

// namedUploads are those that a batch of submissions names.
func namedUploads(batch []store.Submission) []dpp.UploadID {
	var ids []dpp.UploadID
	for i := range batch {
		ids = append(ids, batch[i].Uploads...)
	}
	return distinct(ids)
}

const selectUnusedCount = `SELECT account_id, (SELECT count(*) FROM uploads
		WHERE uploads.tenant_id = wanted.tenant_id AND uploads.live = wanted.live AND NOT used AND expires_at > (SELECT coalesce($4, clock_timestamp())))
	FROM unnest($1::text[], $2::text[], $3::boolean[]) AS wanted (account_id, tenant_id, live)`

// CreateUploads announces files, in order, in one transaction. The lock of an account
// holds back whoever else announces, so that they are counted.
func (s *Store) CreateUploads(ctx context.Context, batch []store.NewUpload) (outcomes []store.CreatedUpload, err error) {
	if len(batch) == 0 {
		return nil, nil
	}
	ids := distinct(column(batch, func(n *store.NewUpload) dpp.UploadID { return n.Upload.ID }))
	accounts := distinct(column(batch, func(n *store.NewUpload) dpp.AccountID { return n.Upload.Account() }))
	var locked []ledger.Account
	var found rules.Announcing
	err = s.write(ctx, tx{
		ask: func(b *statements) {
			locked = nil
			b.lockAccounts(&locked, accounts)
			found = rules.Announcing{Known: b.lockUploads(ids), Unused: b.countUnused(batch, s.opts.now())}
		},
		decide: func(now time.Time, b *statements) error {
			found.Accounts = make(map[dpp.AccountID]ledger.Account, len(locked))
			for _, account := range locked {
				found.Accounts[account.ID] = account
			}
			var created []dpp.Upload
			outcomes, created = found.Decide(now, batch)
			b.insertUploads(created)
			return nil
		},
	})
	if err != nil {
		return nil, err
	}
	return outcomes, nil
}

// countUnused counts, for each account of a batch, what has not expired and is used by
// no run.
func (b *statements) countUnused(batch []store.NewUpload, now *time.Time) map[dpp.AccountID]int64 {
	scopes := make(map[dpp.AccountID]dpp.Upload)
	for i := range batch {
		scopes[batch[i].Upload.Account()] = batch[i].Upload
	}
	var accounts, tenants []string
	var lives []bool
	for id, u := range scopes {
		accounts, tenants, lives = append(accounts, string(id)), append(tenants, string(u.Tenant)), append(lives, u.Live)
	}
	counts := make(map[dpp.AccountID]int64, len(scopes))
	b.query(selectUnusedCount, func(r pgx.Row) error {
		var account dpp.AccountID
		var count int64
		err := r.Scan((*string)(&account), &count)
		counts[account] = count
		return err
	}, accounts, tenants, lives, now)
	return counts
}

const insertUploads = `INSERT INTO uploads (` + uploadColumns + `)
	SELECT ` + uploadColumns + ` FROM unnest($1::text[], $2::text[], $3::boolean[], $4::text[], $5::text[], $6::bigint[], $7::text[], $8::timestamptz[], $9::timestamptz[])
	AS u (` + uploadColumns + `)`

func (b *statements) insertUploads(all []dpp.Upload) {
	if len(all) == 0 {
		return
	}
	b.must(len(all), insertUploads,
		column(all, func(u *dpp.Upload) string { return string(u.ID) }),
		column(all, func(u *dpp.Upload) string { return string(u.Tenant) }),
		column(all, func(u *dpp.Upload) bool { return u.Live }),
		column(all, func(u *dpp.Upload) string { return u.Name }),
		column(all, func(u *dpp.Upload) string { return u.MediaType }),
		column(all, func(u *dpp.Upload) int64 { return u.Size }),
		column(all, func(u *dpp.Upload) string { return u.SHA256 }),
		column(all, func(u *dpp.Upload) time.Time { return u.CreatedAt }),
		column(all, func(u *dpp.Upload) time.Time { return u.ExpiresAt }))
}

const (
	insertUses = `INSERT INTO upload_runs (run_id, upload_id) SELECT run_id, upload_id FROM unnest($1::text[], $2::text[]) AS u (run_id, upload_id)`
	updateUsed = `UPDATE uploads SET used = true WHERE id = ANY($1) AND NOT used`
)

// use has new runs use the uploads that they name, which are locked.
func (b *statements) use(runs []rules.NewRun) {
	var users []string
	var uploads []dpp.UploadID
	for i := range runs {
		for _, id := range runs[i].Uploads {
			users, uploads = append(users, string(runs[i].ID)), append(uploads, id)
		}
	}
	if len(uploads) > 0 {
		b.must(len(uploads), insertUses, users, texts(uploads))
		b.exec(updateUsed, nil, texts(distinct(uploads)))
	}
}

const (
	// The locks of those that runs use, in the order in which everybody takes them.
	lockUsed = `SELECT id FROM uploads WHERE id = ANY(ARRAY(SELECT upload_id FROM upload_runs WHERE run_id = ANY($1))) ORDER BY id FOR UPDATE`

	deleteUses     = `DELETE FROM upload_runs WHERE run_id = ANY($1)`
	updateReleased = `UPDATE uploads SET used = false WHERE id = ANY($1) AND used
		AND NOT EXISTS (SELECT 1 FROM upload_runs WHERE upload_id = id OFFSET 0)`
)

const selectUnusedUploads = `SELECT ` + uploadColumns + ` FROM uploads
	WHERE NOT used AND expires_at <= (SELECT coalesce($1, clock_timestamp())) ORDER BY expires_at, id LIMIT $2`

// UnusedUploads returns uploads that have expired and that no run uses.
func (s *Store) UnusedUploads(ctx context.Context, limit int) ([]dpp.Upload, error) {
	return readAll(ctx, s, anUpload, selectUnusedUploads, s.opts.now(), max(limit, 0))
}

const deleteUploads = `DELETE FROM uploads WHERE id = ANY(ARRAY(
	SELECT id FROM uploads WHERE id = ANY($1) AND NOT used AND expires_at <= $2 ORDER BY id FOR UPDATE))`

// DeleteUploads deletes those that have expired and that no run uses.
func (s *Store) DeleteUploads(ctx context.Context, ids []dpp.UploadID) error {
	if len(ids) == 0 {
		return nil
	}
	return s.change(ctx, func(now time.Time, b *statements) { b.exec(deleteUploads, nil, texts(distinct(ids)), now) })
}
