package rules

import (
	"slices"
	"time"

	"dpp"
	"dpp/internal/ledger"
	"dpp/internal/store"
)

// Expired tells whether no submission may name the upload any more.
func Expired(u *dpp.Upload, now time.Time) bool { return !u.ExpiresAt.After(now) }

// Announcing is what was found of a batch of announcements: accounts, those of the
// uploads that are there already, and how many of each account's have not expired and
// are used by no run.
type Announcing struct {
	Accounts map[dpp.AccountID]ledger.Account
	Known    map[dpp.UploadID]dpp.Upload
	Unused   map[dpp.AccountID]int64
}

// Decide decides a batch of announcements in order, and returns beside the outcomes
// the uploads that must be written. It counts what it lets in.
func (a Announcing) Decide(now time.Time, batch []store.NewUpload) (outcomes []store.CreatedUpload, created []dpp.Upload) {
	outcomes = make([]store.CreatedUpload, len(batch))
	for i := range batch {
		item := &batch[i]
		upload, known := a.Known[item.Upload.ID]
		if !known {
			if reason := a.refuses(item); reason != "" {
				outcomes[i].Reason = reason
				continue
			}
			upload = item.Upload
			upload.CreatedAt, upload.ExpiresAt = now, after(now, item.TTL)
			a.Unused[upload.Account()]++
			created = append(created, upload)
		}
		outcomes[i].Upload = upload
	}
	return outcomes, created
}

func (a Announcing) refuses(item *store.NewUpload) dpp.Reason {
	id := item.Upload.Account()
	switch account, ok := a.Accounts[id]; {
	case !ok:
		return dpp.ReasonNotFound
	case account.Suspended:
		return dpp.ReasonTenantSuspended
	case item.MaxUnused > 0 && a.Unused[id] >= item.MaxUnused:
		return dpp.ReasonRateLimited
	default:
		return ""
	}
}

// distinct are identifiers once each, in their order; nil for none.
func distinct(ids []dpp.UploadID) []dpp.UploadID {
	return slices.Compact(slices.Sorted(slices.Values(ids)))
}
