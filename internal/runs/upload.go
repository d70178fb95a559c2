package runs

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"dpp"
	"dpp/internal/blob"
	"dpp/internal/store"
)

const (
	// MaxUpload is the most bytes of an upload.
	MaxUpload = 64 << 20
	// uploadTTL is how long runs may name an upload that was announced.
	uploadTTL = 24 * time.Hour
	// uploadURLTTL is how long its bytes may be sent: they have ended long before the
	// upload expires and is deleted.
	uploadURLTTL = time.Hour
	// maxUnusedUploads bounds what an account can have lying about for nothing.
	maxUnusedUploads = 256
	// maxRunUploads bounds the different uploads of a run.
	maxRunUploads = 100
	// uploadHeads is how many of them are asked for at once.
	uploadHeads = 8
)

// Announcement is a file that a caller wants to send, in the form that the API allows.
type Announcement struct {
	Key       dpp.Key
	Name      string // empty: none
	MediaType string
	Size      int64  // in bytes, from 1 to [MaxUpload]
	SHA256    string // lower-case hex; empty where it is not told
}

// Announced is an upload, and the request that sends its bytes.
type Announced struct {
	Upload dpp.Upload
	Put    blob.SignedPut
}

// Announce makes an upload and signs the request by which its owner sends the bytes
// to the object store. It returns a [*Refusal], or an error that means that nobody
// knows: what came of it, if anything, expires unused.
func (s *Service) Announce(ctx context.Context, a Announcement) (Announced, error) {
	u := dpp.Upload{
		ID: dpp.NewUploadID(), Tenant: a.Key.Tenant, Live: a.Key.Live, Name: a.Name, MediaType: a.MediaType, Size: a.Size, SHA256: a.SHA256,
	}
	file := blob.Upload{Key: u.ObjectKey(), MediaType: u.MediaType, Size: u.Size, SHA256: u.SHA256}
	if err := file.Check(); err != nil {
		return Announced{}, fmt.Errorf("announce: %w", err)
	}
	out, err := s.uploads.Do(ctx, store.NewUpload{Upload: u, TTL: uploadTTL, MaxUnused: maxUnusedUploads})
	switch {
	case err != nil:
		return Announced{}, err
	case out.Reason == dpp.ReasonRateLimited:
		return Announced{}, tooManyUploads()
	case out.Reason != "":
		return Announced{}, refuse(out.Reason)
	}
	put, err := s.Blob.SignPut(ctx, file, uploadURLTTL)
	if err != nil {
		return Announced{}, fmt.Errorf("announce: %w: %w", ErrBlob, err)
	}
	return Announced{Upload: out.Upload, Put: put}, nil
}

func tooManyUploads() *Refusal {
	return &Refusal{
		Reason: dpp.ReasonRateLimited, RetryAfter: time.Minute,
		Detail: fmt.Sprintf("There are %d uploads that no run uses and that have not expired.", maxUnusedUploads),
		Hint:   "Submit runs that name the uploads that are there, or wait until some have expired.",
	}
}

// arrived asks whether the uploads that a submission names are its account's own, and
// whether their bytes are there, and has the submission use them. What can change
// until the acceptance, the store decides once more.
func (s *Service) arrived(ctx context.Context, item *submission) (*Refusal, error) {
	for _, ref := range item.uploads {
		if ref.ID.Valid() && !slices.Contains(item.Uploads, ref.ID) {
			item.Uploads = append(item.Uploads, ref.ID)
		}
		if len(item.Uploads) > maxRunUploads {
			return &Refusal{Reason: dpp.ReasonValidationFailed, Fields: []dpp.FieldError{
				field("/inputs"+ref.Pointer, "too_many", "The inputs name too many uploads.", fmt.Sprintf("at most %d different uploads", maxRunUploads)),
			}}, nil
		}
	}
	s.admit(ctx, []*submission{item})
	if r := s.halted(item); r != nil {
		return r, nil
	}
	known, err := s.Store.UploadsByID(ctx, item.Uploads)
	if err != nil {
		return nil, err
	}
	own := slices.DeleteFunc(known, func(u store.KnownUpload) bool { return u.Expired || u.Account() != item.Run.Account() })
	states, err := s.headUploads(ctx, own)
	if err != nil {
		return nil, err
	}
	return unusable(item, states), nil
}

// headUploads tells of each upload whether its bytes are there as they were announced.
func (s *Service) headUploads(ctx context.Context, uploads []store.KnownUpload) (map[dpp.UploadID]bool, error) {
	there, errs := make([]bool, len(uploads)), make([]error, len(uploads))
	var heads sync.WaitGroup
	for first := range min(uploadHeads, len(uploads)) {
		heads.Go(func() {
			for i := first; i < len(uploads); i += uploadHeads {
				there[i], errs[i] = s.headUpload(ctx, &uploads[i].Upload)
			}
		})
	}
	heads.Wait()
	states := make(map[dpp.UploadID]bool, len(uploads))
	for i := range uploads {
		states[uploads[i].ID] = there[i]
	}
	return states, errors.Join(errs...)
}

func (s *Service) headUpload(ctx context.Context, u *dpp.Upload) (bool, error) {
	info, err := s.Blob.Head(ctx, u.ObjectKey())
	switch {
	case err == nil:
		return info.Size == u.Size, nil
	case errors.Is(err, blob.ErrNotFound):
		return false, nil
	default:
		return false, fmt.Errorf("look for an upload: %w: %w", ErrBlob, err)
	}
}

// unusable is the refusal of a submission by the places of its inputs that name
// uploads that are not in states, or whose bytes are not there; nil where there are
// none. Whether there is an upload of somebody else it does not tell.
func unusable(item *submission, states map[dpp.UploadID]bool) *Refusal {
	r := &Refusal{Reason: dpp.ReasonUploadUnusable, Hint: "Send the bytes by the request that was signed for the upload, or announce the file anew, and then repeat the request with the same key."}
	for _, ref := range item.uploads {
		there, known := states[ref.ID]
		switch {
		case there:
			continue
		case known:
			r.Fields = append(r.Fields, field("/inputs"+ref.Pointer, "not_arrived", "The bytes of this upload have not arrived.", "an upload whose bytes were sent"))
		default:
			r.Hint = ""
			r.Fields = append(r.Fields, field("/inputs"+ref.Pointer, "not_found", "There is no such upload, or it has expired.", "an upload of the last 24 hours"))
		}
		if len(r.Fields) == maxUnusableFields {
			break
		}
	}
	if len(r.Fields) == 0 {
		return nil
	}
	return r
}

// maxUnusableFields bounds how many places of one request are told.
const maxUnusableFields = 20

// DropUploads deletes uploads that have expired and that no run uses: the objects
// first, so that nothing is left that nobody knows of.
func (s *Service) DropUploads(ctx context.Context) (int, error) {
	unused, err := s.Store.UnusedUploads(ctx, SweepLimit)
	if err != nil || len(unused) == 0 {
		return 0, err
	}
	ids := make([]dpp.UploadID, 0, len(unused))
	for i := range unused {
		if err := s.Blob.DeletePrefix(ctx, unused[i].ObjectPrefix()); err != nil {
			s.log.WarnContext(ctx, "an upload that has expired could not be deleted; the next round tries again", "upload_id", unused[i].ID, "error", err)
			continue
		}
		ids = append(ids, unused[i].ID)
	}
	return len(ids), s.Store.DeleteUploads(ctx, ids)
}
