package s3blob

import (
	"context"
	"encoding/hex"
	"errors"
	"hash"
	"io"
	"time"
)

// watch ends a read when its server has been silent for too long. A consumer may take
// its time: only waiting for the server counts.
type watch struct {
	context  context.Context //nolint:containedctx // of the one request, which outlives the call that makes it
	cancel   context.CancelCauseFunc
	timer    *time.Timer
	patience time.Duration
}

// watch starts waiting for an answer.
func (s *Store) watch(ctx context.Context) *watch {
	ctx, cancel := context.WithCancelCause(ctx)
	return &watch{
		context: ctx, cancel: cancel, patience: s.opts.Timeout,
		timer: time.AfterFunc(s.opts.Timeout, func() { cancel(errStalled) }),
	}
}

// end ends the request, and tells what ended it.
func (w *watch) end(err error) error {
	w.timer.Stop()
	err = w.explain(err)
	w.cancel(nil)
	return err
}

func (w *watch) explain(err error) error {
	if err != nil && !errors.Is(err, io.EOF) && errors.Is(context.Cause(w.context), errStalled) {
		return errStalled
	}
	return err
}

// over watches a content that has begun to come.
func (w *watch) over(content io.ReadCloser) *body {
	w.timer.Stop()
	return &body{Reader: watched{w, content}, watch: w, content: content}
}

// body is the content of an object on its way.
type body struct {
	io.Reader
	watch   *watch
	content io.Closer
}

// Close implements [io.Closer].
func (b *body) Close() error {
	err := b.content.Close()
	return b.watch.end(err)
}

// watched reads with the watch running.
type watched struct {
	watch   *watch
	content io.Reader
}

// Read implements [io.Reader].
func (r watched) Read(p []byte) (int, error) {
	r.watch.timer.Reset(r.watch.patience)
	n, err := r.content.Read(p)
	r.watch.timer.Stop()
	return n, r.watch.explain(err)
}

var errDamaged = errors.New("the content of an object does not match its sum")

// verified compares a content with its sum when its end has been read.
type verified struct {
	io.Reader
	hash hash.Hash
	want string
}

// Read implements [io.Reader].
func (v *verified) Read(p []byte) (int, error) {
	n, err := v.Reader.Read(p)
	_, _ = v.hash.Write(p[:n]) // never fails
	if errors.Is(err, io.EOF) && hex.EncodeToString(v.hash.Sum(nil)) != v.want {
		err = errDamaged
	}
	return n, err
}
