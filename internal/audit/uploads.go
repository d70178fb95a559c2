package audit

import (
	"context"
	"errors"

	"dpp"
	"dpp/internal/blob"
)

// uploads checks that the bytes of what runs use are there, as they were announced.
func (a *audit) uploads(ctx context.Context, books Store, objects blob.Store) error {
	for i := range a.used {
		u := &a.used[i]
		a.summary.Objects++
		info, err := objects.Head(ctx, u.ObjectKey())
		if err != nil && !errors.Is(err, blob.ErrNotFound) {
			return err
		}
		if err == nil && info.Size == u.Size && (u.SHA256 == "" || info.SHA256 == u.SHA256) {
			continue
		}
		if used, err := stillUsed(ctx, books, u.ID); err != nil {
			return err
		} else if used {
			a.found(13, "upload %s: %s is missing, or is not what was announced", u.ID, u.ObjectKey())
		}
	}
	return nil
}

// stillUsed tells whether a run uses the upload now, after the snapshot.
func stillUsed(ctx context.Context, books Store, id dpp.UploadID) (bool, error) {
	found, err := books.UploadsByID(ctx, []dpp.UploadID{id})
	return len(found) == 1 && found[0].Used, err
}
