package audit

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"path"

	"dpp"
	"dpp/internal/blob"
)

// objects checks that what completed runs point at is there and hashes to what
// they say.
func (a *audit) objects(ctx context.Context, books Store, objects blob.Store) error {
	for _, r := range a.stored {
		a.summary.Objects++
		wrong, err := a.object(ctx, objects, r.result.Key, r.result.SHA256, r.result.Size)
		if err != nil {
			return err
		}
		for _, artifact := range r.result.Artifacts {
			a.summary.Objects++
			also, err := a.object(ctx, objects, path.Dir(r.result.Key)+"/"+artifact.Name, artifact.SHA256, artifact.Size)
			if err != nil {
				return err
			}
			wrong = append(wrong, also...)
		}
		if len(wrong) == 0 {
			continue
		}
		if purged, err := purgedSince(ctx, books, r.id); err != nil || purged {
			if err != nil {
				return err
			}
			continue
		}
		for _, what := range wrong {
			a.found(8, "run %s: %s", r.id, what)
		}
	}
	return nil
}

func (a *audit) object(ctx context.Context, objects blob.Store, key, sum string, size int64) (wrong []string, err error) {
	body, info, err := objects.Get(ctx, key, 0, -1)
	if errors.Is(err, blob.ErrNotFound) {
		return []string{key + " is missing"}, nil
	}
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, body.Close()) }()
	h := sha256.New()
	n, err := io.Copy(h, body)
	if err != nil {
		return nil, err
	}
	if hex.EncodeToString(h.Sum(nil)) != sum || n != size || info.Size != size {
		return []string{key + " does not hash to what the run says"}, nil
	}
	return nil, nil
}

// purgedSince tells whether retention took the run after the snapshot.
func purgedSince(ctx context.Context, books Store, id dpp.RunID) (bool, error) {
	found, err := books.RunsByID(ctx, []dpp.RunID{id})
	if err != nil {
		return false, err
	}
	return len(found) == 0 || !found[0].PurgedAt.IsZero(), nil
}
