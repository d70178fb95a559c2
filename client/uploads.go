package client

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/go-json-experiment/json"

	"dpp"
)

// slowest is the least that a sender is expected to send, in bytes per second.
const slowest = 32 << 10

// Announcement is a file that is to be sent.
type Announcement struct {
	// MediaType is what the bytes are; application/octet-stream leaves it open.
	MediaType string `json:"media_type"`
	Size      int64  `json:"size_bytes"`
	// SHA256 is lower-case hex, or empty: then any bytes of that size are taken.
	SHA256 string `json:"sha256,omitempty"`
	// Name is for people; it may be empty.
	Name string `json:"name,omitempty"`
}

// CreateUpload announces a file. The answer holds the request by which it is sent,
// see [Client.Send].
func (c *Client) CreateUpload(ctx context.Context, a Announcement) (dpp.UploadView, error) {
	body, err := json.Marshal(a)
	if err != nil {
		return dpp.UploadView{}, fmt.Errorf("announcement: %w", err)
	}
	return get[dpp.UploadView](ctx, c, request{method: http.MethodPost, path: "/v1/uploads", body: body})
}

// Upload announces and sends a file of size bytes, which is read twice: for its
// SHA-256, and to be sent. An upload that fails may be begun anew: what came of it
// expires.
func (c *Client) Upload(ctx context.Context, mediaType, name string, content io.ReaderAt, size int64) (dpp.UploadView, error) {
	sum := sha256.New()
	if _, err := io.Copy(sum, io.NewSectionReader(content, 0, size)); err != nil {
		return dpp.UploadView{}, fmt.Errorf("upload: %w", err)
	}
	upload, err := c.CreateUpload(ctx, Announcement{MediaType: mediaType, Size: size, SHA256: hex.EncodeToString(sum.Sum(nil)), Name: name})
	if err != nil {
		return upload, err
	}
	return upload, c.Send(ctx, upload.Put, content)
}

// Send sends the content of an upload that was announced to where the answer says. It
// shows the API key to nobody.
func (c *Client) Send(ctx context.Context, put dpp.PutView, content io.ReaderAt) error {
	size, err := strconv.ParseInt(put.Headers["Content-Length"], 10, 64)
	if err != nil || size < 0 {
		return ErrMalformed
	}
	longer := time.Duration(size/slowest) * time.Second
	_, err = c.retry(ctx, longer, func() (*response, error) {
		ctx, cancel := context.WithTimeout(ctx, patience+longer)
		defer cancel()
		// A reader of its own: one that failed may be read from for a while longer.
		return nil, c.sendOnce(ctx, put, io.NewSectionReader(content, 0, size))
	})
	return err
}

func (c *Client) sendOnce(ctx context.Context, put dpp.PutView, content *io.SectionReader) error {
	hr, err := http.NewRequestWithContext(ctx, http.MethodPut, put.URL, content)
	if err != nil || hr.URL.Host == "" {
		return ErrMalformed
	}
	for name, value := range put.Headers {
		hr.Header.Set(name, value)
	}
	hr.ContentLength = content.Size()
	answer, err := c.web().Do(hr)
	if err != nil {
		return &UnreachableError{Err: fmt.Errorf("the object store at %s: %w", hr.URL.Host, withoutURL(err))}
	}
	defer answer.Body.Close() //nolint:errcheck // it was read to its end or is given up
	body, err := read(answer.Body)
	switch {
	case err != nil:
		return err
	case answer.StatusCode == http.StatusConflict, answer.StatusCode == http.StatusPreconditionFailed:
		return nil // it is there: an answer was lost
	case answer.StatusCode < 200 || answer.StatusCode > 299:
		return refusal(answer, body)
	default:
		return nil
	}
}

// withoutURL is an error of [http.Client] without the URL: a signed one is a secret.
func withoutURL(err error) error {
	var e *url.Error
	if errors.As(err, &e) {
		return e.Err
	}
	return err
}
