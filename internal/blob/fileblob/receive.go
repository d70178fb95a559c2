package fileblob

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"time"

	"dpp/internal/blob"
)

// receive stores the body of a request that was signed for. What its header tells to
// be wrong is refused before the body is read.
func (s *Store) receive(w http.ResponseWriter, r *http.Request, deny Deny) {
	upload, err := s.VerifyPut(r.URL, time.Now())
	if err == nil {
		err = announces(r, upload)
	}
	if err == nil {
		err = s.free(r.Context(), upload.Key)
	}
	if err != nil {
		deny(w, r, err)
		return
	}
	select {
	case s.receiving <- struct{}{}:
		defer func() { <-s.receiving }()
	default:
		deny(w, r, blob.ErrBusy)
		return
	}
	control := http.NewResponseController(w) // its errors mean that this is no connection, and has no deadlines
	err = s.accept(r.Context(), upload, &paced{body: r.Body, left: upload.Size, due: upload.Size, control: control, pace: s.opts.UploadPace})
	_ = control.SetWriteDeadline(time.Now().Add(s.opts.UploadPace))
	if err != nil {
		deny(w, r, err)
		return
	}
	w.WriteHeader(http.StatusOK)
}

// announces tells how a request's header differs from what was signed for.
func announces(r *http.Request, upload blob.Upload) error {
	switch types := r.Header.Values("Content-Type"); {
	case len(types) != 1 || types[0] != upload.MediaType || len(r.Header.Values("Content-Encoding")) > 0:
		return blob.ErrMediaType
	case r.ContentLength > upload.Size:
		return blob.ErrTooLarge
	case r.ContentLength < upload.Size:
		return blob.ErrTooSmall
	default:
		return nil
	}
}

// free spares the reading of what could not be stored. The row alone decides.
func (s *Store) free(ctx context.Context, key string) error {
	_, err := s.Head(ctx, key)
	switch {
	case err == nil:
		return blob.ErrExists
	case errors.Is(err, blob.ErrNotFound):
		return nil
	default:
		return err
	}
}

// accept makes an object of a body.
func (s *Store) accept(ctx context.Context, upload blob.Upload, body io.Reader) error {
	r := row{object: blob.Object{Key: upload.Key, MediaType: upload.MediaType}, size: upload.Size, metadata: "{}"}
	if r.size > inlineLimit {
		r.file = randomName(shard())
		s.inFlight.Store(r.file, nil)
		defer s.inFlight.Delete(r.file)
	}
	if err := s.take(&r, body, upload.SHA256); err != nil {
		return errors.Join(err, s.removeFiles(filesOf([]row{r})))
	}
	outcomes := make([]blob.PutOutcome, 1)
	if err := s.commit(ctx, []row{r}, outcomes); err != nil {
		return err
	}
	if outcomes[0].Existed {
		return blob.ErrExists
	}
	return nil
}

// take reads a body into the row or its file, which is durable when it returns without
// an error. Its sum must be want, where that is known.
func (s *Store) take(r *row, body io.Reader, want string) error {
	sum := sha256.New()
	body = io.TeeReader(body, sum)
	check := func() error {
		if r.sha256 = hex.EncodeToString(sum.Sum(nil)); want != "" && want != r.sha256 {
			return blob.ErrSum
		}
		return nil
	}
	if r.file == "" {
		r.object.Content = make([]byte, r.size)
		if _, err := io.ReadFull(body, r.object.Content); err != nil {
			return err
		}
		return check()
	}
	file, err := s.files.OpenFile(r.file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	if _, err = io.Copy(file, body); err == nil {
		err = check()
	}
	if err == nil {
		err = file.Sync()
	}
	if err = errors.Join(err, file.Close()); err != nil {
		return err
	}
	return syncFolder(s.files.Open(r.file[:1]))
}

// paced is a body of known length whose sender must keep up: each paceSize bytes, or
// what is left, must arrive within pace.
type paced struct {
	body    io.Reader
	left    int64
	due     int64 // the next deadline is set when that much is left; at first, all
	control *http.ResponseController
	pace    time.Duration
}

const paceSize = 1 << 20

// Read implements [io.Reader]. It ends with [io.EOF] only where all has arrived.
func (p *paced) Read(b []byte) (int, error) {
	if p.left == 0 {
		return 0, io.EOF
	}
	if p.left <= p.due {
		p.due = p.left - paceSize
		_ = p.control.SetReadDeadline(time.Now().Add(p.pace))
	}
	n, err := p.body.Read(b[:min(int64(len(b)), p.left)])
	p.left -= int64(n)
	switch {
	case p.left == 0:
		_ = p.control.SetReadDeadline(time.Time{}) // what follows is not the sender's time
	case err != nil:
		return n, fmt.Errorf("%w: %w", blob.ErrIncomplete, err)
	}
	return n, nil
}
