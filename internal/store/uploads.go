package store

import (
	"context"
	"time"

	"dpp"
)

// Uploads keeps which files callers have announced, and which runs use them. A
// submission that names uploads begins to use them, see [Submission]; a run that is
// purged uses them no more.
//
// An upload that has expired and that no run uses stays so, because nothing new may
// use it: whoever deletes it need hurry as little as whoever finds it.
type Uploads interface {
	// CreateUploads announces files, in order, in one transaction, and gives them
	// their times.
	CreateUploads(ctx context.Context, batch []NewUpload) ([]CreatedUpload, error)
	// UploadsByID returns those of the uploads that exist, in no particular order. It
	// does not look at owners.
	UploadsByID(ctx context.Context, ids []dpp.UploadID) ([]KnownUpload, error)
	// UnusedUploads returns up to limit uploads that have expired and that no run
	// uses, those that expired longest ago first.
	UnusedUploads(ctx context.Context, limit int) ([]dpp.Upload, error)
	// DeleteUploads deletes those of the uploads that have expired and that no run
	// uses. Others, and those that are gone, are no error.
	DeleteUploads(ctx context.Context, ids []dpp.UploadID) error
}

// NewUpload is a file that is announced.
type NewUpload struct {
	// Upload is as it shall be; the store fills in its times.
	Upload dpp.Upload
	// TTL counts from the announcement.
	TTL time.Duration
	// MaxUnused bounds the account's uploads that have not expired and that no run
	// uses, this one included; 0 does not.
	MaxUnused int64
}

// CreatedUpload is the outcome of an announcement.
type CreatedUpload struct {
	// Reason is set where it was refused: TENANT_SUSPENDED, RATE_LIMITED (there are
	// MaxUnused already), or NOT_FOUND where the tenant has no account.
	Reason dpp.Reason
	// Upload is as it was announced, now or by an earlier try of this very batch;
	// empty where refused.
	Upload dpp.Upload
}

// KnownUpload is an upload as it is now.
type KnownUpload struct {
	dpp.Upload
	// Expired: it is past its time, by the store's clock. No submission may name it
	// any more.
	Expired bool
	// Used: at least one run uses it.
	Used bool
}
