package s3blob

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"net/http"

	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go/middleware"
	"golang.org/x/sync/errgroup"

	"dpp/internal/blob"
)

// metaSHA256 is the metadata in which the sum of the content stands.
const metaSHA256 = blob.OwnMetadata + "sha256"

// Put implements [blob.Store]. Objects are written [Options].Concurrency at a time.
func (s *Store) Put(ctx context.Context, objects []blob.Object) ([]blob.PutOutcome, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("put: %w", err)
	}
	outcomes := make([]blob.PutOutcome, len(objects))
	group, running := errgroup.WithContext(ctx)
	group.SetLimit(s.opts.Concurrency)
	left := byKey(objects, outcomes)
	for ; len(left) > 0 && running.Err() == nil; left = left[1:] {
		same := left[0]
		// When one fails no other is begun, but what is under way goes on: to break it
		// off would cost a connection.
		group.Go(func() error { return s.putInTurn(ctx, objects, same, outcomes) })
	}
	if err := group.Wait(); err != nil {
		return nil, fmt.Errorf("put: %w", err)
	}
	if len(left) > 0 { // the caller has left
		return nil, fmt.Errorf("put: %w", ctx.Err())
	}
	return outcomes, nil
}

// byKey groups the valid objects: those with the same key wait for each other, so
// that the first wins. The others get their outcomes.
func byKey(objects []blob.Object, outcomes []blob.PutOutcome) [][]int {
	groups := make([][]int, 0, len(objects))
	at := make(map[string]int, len(objects))
	for i, o := range objects {
		if outcomes[i].Err = o.Check(); outcomes[i].Err != nil {
			continue
		}
		if group, ok := at[o.Key]; ok {
			groups[group] = append(groups[group], i)
			continue
		}
		at[o.Key] = len(groups)
		groups = append(groups, []int{i})
	}
	return groups
}

func (s *Store) putInTurn(ctx context.Context, objects []blob.Object, indexes []int, outcomes []blob.PutOutcome) error {
	for _, i := range indexes {
		var err error
		if outcomes[i], err = s.put(ctx, objects[i]); err != nil {
			return err
		}
	}
	return nil
}

// putRounds bounds how often an object is put that was there and is not any more.
const putRounds = 5

func (s *Store) put(ctx context.Context, o blob.Object) (blob.PutOutcome, error) {
	ctx, cancel := s.carrying(ctx, len(o.Content))
	defer cancel()
	sum := sha256.Sum256(o.Content)
	for range putRounds {
		err := s.create(ctx, o, sum)
		switch {
		case err == nil:
			return blob.PutOutcome{}, nil
		case refusesObject(err):
			return blob.PutOutcome{Err: fmt.Errorf("put: %w", err)}, nil
		case statusOf(err) == 0:
			return s.takenMeanwhile(ctx, o.Key, err)
		case statusOf(err) != http.StatusPreconditionFailed:
			return blob.PutOutcome{}, err
		}
		existing, err := s.head(ctx, o.Key)
		if !errors.Is(err, blob.ErrNotFound) {
			return blob.PutOutcome{Existed: true, Existing: existing}, err
		}
	}
	return blob.PutOutcome{}, errors.New("the object comes and goes")
}

// takenMeanwhile is the outcome of a put that got no answer. A server that refuses an
// object whose key is taken may close the connection before it has read a large
// content, and then its refusal is lost, however often the object is sent.
func (s *Store) takenMeanwhile(ctx context.Context, key string, unanswered error) (blob.PutOutcome, error) {
	existing, err := s.head(ctx, key)
	if err != nil {
		return blob.PutOutcome{}, unanswered
	}
	return blob.PutOutcome{Existed: true, Existing: existing}, nil
}

// create writes an object where its key is free.
func (s *Store) create(ctx context.Context, o blob.Object, sum [sha256.Size]byte) error {
	input := s.putInput(o.Key, o.MediaType, hex.EncodeToString(sum[:]))
	input.Body = bytes.NewReader(o.Content)
	if input.Metadata == nil {
		input.Metadata = make(map[string]string, len(o.Metadata))
	}
	maps.Copy(input.Metadata, o.Metadata)
	_, err := s.client.PutObject(ctx, input, s3.WithAPIOptions(payloadHash(sum)))
	return err
}

// putInput is what every write has in common, ours and that by a signed URL. The sum
// is hex, or empty where it is not known.
func (s *Store) putInput(key, mediaType, sum string) *s3.PutObjectInput {
	input := &s3.PutObjectInput{
		Bucket: &s.opts.Bucket, Key: s.path(key), IfNoneMatch: ptr("*"),
		ContentType:          optional(mediaType),
		ServerSideEncryption: types.ServerSideEncryption(s.opts.Encryption),
		SSEKMSKeyId:          optional(s.opts.KMSKey),
	}
	if raw, err := hex.DecodeString(sum); err == nil && len(raw) == sha256.Size {
		input.ChecksumSHA256 = ptr(base64.StdEncoding.EncodeToString(raw))
		input.Metadata = map[string]string{metaSHA256: sum}
	}
	return input
}

// payloadHash signs the content's hash along, so that the server refuses a content
// that was damaged on its way. Over TLS the SDK would leave it out, and else compute
// it once more.
func payloadHash(sum [sha256.Size]byte) func(*middleware.Stack) error {
	set := middleware.InitializeMiddlewareFunc("PayloadHash", func(
		ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler,
	) (middleware.InitializeOutput, middleware.Metadata, error) {
		return next.HandleInitialize(v4.SetPayloadHash(ctx, hex.EncodeToString(sum[:])), in)
	})
	return func(stack *middleware.Stack) error { return stack.Initialize.Add(set, middleware.Before) }
}

func ptr[T any](value T) *T { return &value }

func optional(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}
