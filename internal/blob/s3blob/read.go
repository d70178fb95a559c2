package s3blob

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"dpp/internal/blob"
)

// Head implements [blob.Store].
func (s *Store) Head(ctx context.Context, key string) (blob.Info, error) {
	if err := blob.CheckKey(key); err != nil {
		return blob.Info{}, err
	}
	ctx, cancel := s.brief(ctx)
	defer cancel()
	info, err := s.head(ctx, key)
	if err != nil {
		return blob.Info{}, fmt.Errorf("head: %w", err)
	}
	return info, nil
}

// headRounds bounds how often an object is asked for that is there by turns.
const headRounds = 3

// head has the answer to a HEAD of 404 explained: it has no body that would tell
// whether it is the key that is not there, or the bucket.
func (s *Store) head(ctx context.Context, key string) (blob.Info, error) {
	var err error
	for range headRounds {
		var out *s3.HeadObjectOutput
		out, err = s.client.HeadObject(ctx, &s3.HeadObjectInput{
			Bucket: &s.opts.Bucket, Key: s.path(key), ChecksumMode: types.ChecksumModeEnabled,
		})
		if err == nil {
			return infoOf(key, out.ContentLength, facts{out.ContentType, out.LastModified, out.Metadata, out.ChecksumSHA256}), nil
		}
		if statusOf(err) != http.StatusNotFound {
			return blob.Info{}, err
		}
		if missing := s.missing(ctx, key); missing != nil {
			return blob.Info{}, missing
		}
	}
	return blob.Info{}, err
}

// missing asks by GET, whose 404 has a body: it returns [blob.ErrNotFound], what else
// is wrong, or nil where the object has come in the meantime.
func (s *Store) missing(ctx context.Context, key string) error {
	out, err := s.client.GetObject(ctx, &s3.GetObjectInput{Bucket: &s.opts.Bucket, Key: s.path(key), Range: ptr("bytes=0-0")})
	switch {
	case err == nil:
		return out.Body.Close()
	case noSuchKey(err):
		return blob.ErrNotFound
	case statusOf(err) == http.StatusRequestedRangeNotSatisfiable: // it is empty
		return nil
	default:
		return err
	}
}

// Get implements [blob.Store]. The content of a whole object is compared with its sum
// while it is read, so that what was damaged ends in an error.
func (s *Store) Get(ctx context.Context, key string, offset, length int64) (io.ReadCloser, blob.Info, error) {
	if err := blob.CheckKey(key); err != nil {
		return nil, blob.Info{}, err
	}
	if offset < 0 {
		return nil, blob.Info{}, errors.New("get: negative offset")
	}
	body, info, err := s.get(ctx, key, offset, length)
	if err != nil {
		return nil, blob.Info{}, fmt.Errorf("get: %w", err)
	}
	return body, info, nil
}

func (s *Store) get(ctx context.Context, key string, offset, length int64) (io.ReadCloser, blob.Info, error) {
	if length == 0 { // no range says so
		return s.nothing(ctx, key)
	}
	input := &s3.GetObjectInput{Bucket: &s.opts.Bucket, Key: s.path(key), Range: byteRange(offset, length)}
	watch := s.watch(ctx)
	out, err := s.client.GetObject(watch.context, input)
	if err != nil {
		err = watch.end(err)
		switch {
		case noSuchKey(err):
			return nil, blob.Info{}, blob.ErrNotFound
		case statusOf(err) == http.StatusRequestedRangeNotSatisfiable:
			return s.nothing(ctx, key)
		default:
			return nil, blob.Info{}, err
		}
	}
	body := watch.over(out.Body)
	size, err := sizeOf(out, offset)
	if err != nil {
		return nil, blob.Info{}, errors.Join(err, body.Close())
	}
	info := infoOf(key, size, facts{out.ContentType, out.LastModified, out.Metadata, out.ChecksumSHA256})
	switch {
	case length > 0: // a server may send the whole of what is short
		body.Reader = io.LimitReader(body.Reader, length)
	case offset == 0 && out.ChecksumSHA256 == nil && info.SHA256 != "": // else the SDK compares
		body.Reader = &verified{Reader: body.Reader, hash: sha256.New(), want: info.SHA256}
	}
	return body, info, nil
}

// nothing reads nothing of an object that is there.
func (s *Store) nothing(ctx context.Context, key string) (io.ReadCloser, blob.Info, error) {
	ctx, cancel := s.brief(ctx)
	defer cancel()
	info, err := s.head(ctx, key)
	if err != nil {
		return nil, blob.Info{}, err
	}
	return http.NoBody, info, nil
}

// byteRange is nil for the whole.
func byteRange(offset, length int64) *string {
	switch {
	case offset == 0 && length < 0:
		return nil
	case length < 0 || length > math.MaxInt64-offset:
		return ptr(fmt.Sprintf("bytes=%d-", offset))
	default:
		return ptr(fmt.Sprintf("bytes=%d-%d", offset, offset+length-1))
	}
}

// sizeOf is the size of the whole object of which a part came.
func sizeOf(out *s3.GetObjectOutput, offset int64) (*int64, error) {
	if out.ContentRange == nil {
		if offset > 0 && aws.ToInt64(out.ContentLength) > 0 {
			return nil, errors.New("the object store sent the whole where a part was asked for")
		}
		return out.ContentLength, nil
	}
	_, total, _ := strings.Cut(*out.ContentRange, "/")
	size, err := strconv.ParseInt(total, 10, 64)
	if err != nil {
		return nil, errors.New("the object store sent a part without saying of how much")
	}
	return &size, nil
}

// facts are what a server tells of an object beside its content.
type facts struct {
	mediaType *string
	storedAt  *time.Time
	metadata  map[string]string
	checksum  *string
}

// infoOf takes the sum from our own metadata, else from the server's checksum.
func infoOf(key string, size *int64, f facts) blob.Info {
	info := blob.Info{
		Key: key, MediaType: aws.ToString(f.mediaType), Size: aws.ToInt64(size),
		SHA256: f.metadata[metaSHA256], StoredAt: aws.ToTime(f.storedAt).UTC(),
	}
	if len(f.metadata) > 0 {
		info.Metadata = maps.Clone(f.metadata)
		delete(info.Metadata, metaSHA256)
	}
	// That of an object which came in parts is no sum of its content; it does not decode.
	if raw, err := base64.StdEncoding.DecodeString(aws.ToString(f.checksum)); info.SHA256 == "" && err == nil {
		info.SHA256 = hex.EncodeToString(raw)
	}
	return info
}
