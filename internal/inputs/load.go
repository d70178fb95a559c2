package inputs

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"path"
	"strings"
	"time"
	"unicode"

	"dpp"
	"dpp/internal/blob"
	"dpp/internal/fetch"
	"dpp/internal/pack"
)

// source is what was brought in, before it is judged.
type source struct {
	bytes    []byte
	declared string // media type; a server's word counts less than a caller's
	foreign  bool   // a server declared it
	sum      string // that the bytes must have; empty: any
	name     string
	url      string
}

// Load brings in the file that was opened at an index. Its error is a
// [*pack.Failure], perhaps with its cause: INPUT_REJECTED where the file is not what it
// was said to be, or is nothing that the pack takes; PACK_ERROR where it could not be
// had, retryable where it may be had later. Or it is that of ctx.
func (f *Files) Load(ctx context.Context, i int) (*Content, error) {
	n := &f.needs[i]
	var got source
	var err error
	switch n.Kind {
	case KindInline:
		got, err = inline(n)
	case KindUpload:
		got, err = f.upload(ctx, n)
	default:
		got, err = f.fetch(ctx, n)
	}
	if err != nil {
		return nil, err
	}
	return judge(n, got)
}

// judge looks at what was brought in.
func judge(n *Need, got source) (*Content, error) {
	if len(got.bytes) == 0 {
		return nil, empty(n.Pointer)
	}
	sum := sha256.Sum256(got.bytes)
	c := &Content{Bytes: got.bytes, SHA256: hex.EncodeToString(sum[:]), MediaType: TypeOf(got.bytes, got.declared), Name: printable(got.name), URL: got.url}
	switch {
	case got.sum != "" && got.sum != c.SHA256:
		return nil, otherBytes(n.Pointer)
	case !got.foreign && !same(c.MediaType, got.declared):
		return nil, otherType(n.Pointer, c.MediaType)
	case !accepted(c.MediaType, n.Accept):
		return nil, notAccepted(n.Pointer, c.MediaType, n.Accept)
	}
	return c, nil
}

func inline(n *Need) (source, error) {
	content, err := base64.StdEncoding.Strict().DecodeString(n.Data)
	if err != nil {
		return source{}, notBase64(n.Pointer)
	}
	return source{bytes: content, declared: n.MediaType, name: n.Name}, nil
}

func (f *Files) upload(ctx context.Context, n *Need) (source, error) {
	row := f.rows[n.UploadID]
	body, info, err := f.loader.objects.Get(ctx, row.ObjectKey(), 0, -1)
	if errors.Is(err, blob.ErrNotFound) {
		return source{}, noUpload(n.Pointer)
	}
	if err != nil {
		return source{}, f.unread(ctx, n, err)
	}
	content, err := readExactly(body, row.Size, info.Size)
	if err = errors.Join(err, body.Close()); errors.Is(err, errSize) {
		return source{}, otherBytes(n.Pointer)
	} else if err != nil {
		return source{}, f.unread(ctx, n, err)
	}
	return source{bytes: content, declared: row.MediaType, sum: row.SHA256, name: row.Name}, nil
}

func (f *Files) unread(ctx context.Context, n *Need, cause error) error {
	return unavailable(ctx, "The file at "+n.Pointer+" could not be read from where it was sent to.", cause)
}

var errSize = errors.New("another size")

// readExactly reads a body to its end, where a store tells whether it is damaged.
func readExactly(body io.Reader, want, told int64) ([]byte, error) {
	if want != told {
		return nil, errSize
	}
	content := make([]byte, want)
	if _, err := io.ReadFull(body, content); err != nil {
		return nil, err
	}
	switch n, err := io.ReadFull(body, make([]byte, 1)); {
	case n > 0:
		return nil, errSize
	case !errors.Is(err, io.EOF):
		return nil, err
	}
	return content, nil
}

const defaultTimeout = 30 * time.Second

// fetch takes what is left of the room of all files whose size nobody told.
func (f *Files) fetch(ctx context.Context, n *Need) (source, error) {
	limit := min(n.MaxBytes, fetch.MaxBody, f.shared)
	if limit <= 0 {
		return source{}, f.loader.tooMuch()
	}
	timeout := n.Timeout
	if timeout <= 0 {
		timeout = defaultTimeout
	}
	got, err := f.loader.fetcher.Fetch(ctx, fetch.Request{URL: n.URL, AllowHTTP: n.AllowHTTP, MaxHops: fetch.MaxHops, Timeout: timeout, MaxBody: limit})
	var refused *fetch.Error
	switch {
	case ctx.Err() != nil:
		return source{}, ctx.Err()
	case errors.As(err, &refused):
		return source{}, notFetched(n.Pointer, refused)
	case err != nil:
		return source{}, unavailable(ctx, "The file at "+n.Pointer+" could not be fetched.", err)
	case got.Status < 200 || got.Status > 299:
		return source{}, badStatus(n.Pointer, got.Status)
	case got.Truncated && limit < n.MaxBytes && limit < fetch.MaxBody:
		return source{}, f.loader.tooMuch()
	case got.Truncated:
		return source{}, tooLarge(n.Pointer, limit)
	}
	f.shared -= int64(len(got.Body))
	return source{bytes: got.Body, declared: got.ContentType, foreign: true, name: nameOf(got.URL), url: got.URL}, nil
}

func badStatus(pointer string, status int) error {
	f := &pack.Failure{
		Reason: dpp.ReasonPackError, Detail: fmt.Sprintf("The server of the file at %s answered with status %d.", pointer, status),
		Hint: "Check that the URL gives the file to everybody, or send the file by POST /v1/uploads.",
	}
	f.Retryable = status >= http.StatusInternalServerError || status == http.StatusTooManyRequests || status == http.StatusRequestTimeout
	return f
}

// nameOf is the last part of a URL's path.
func nameOf(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return ""
	}
	if name := path.Base(u.Path); name != "/" && name != "." {
		return name
	}
	return ""
}

// maxName is the longest name of a file, in bytes.
const maxName = 255

// printable is a name without what cannot be shown.
func printable(name string) string {
	name = strings.Map(func(r rune) rune {
		if r == unicode.ReplacementChar || !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, name)
	return strings.ToValidUTF8(name[:min(len(name), maxName)], "")
}
