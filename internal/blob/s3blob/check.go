package s3blob

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"

	"dpp/internal/blob"
	"dpp/internal/ops"
)

// probeRoot is the folder of what a check writes, reads and deletes again.
const probeRoot = "dpp-doctor/"

// Check looks whether everything works that the platform needs of the store, and says
// what to do where it does not. It writes one small object and deletes it.
func (s *Store) Check(ctx context.Context) []ops.Finding {
	c := &check{Store: s, probe: blob.Object{
		Key: probeRoot + rand.Text() + "/probe", MediaType: "text/plain", Content: []byte(rand.Text()),
		Metadata: map[string]string{"dpp-probe": "1"},
	}}
	if !c.bucket(ctx) {
		return c.findings
	}
	if c.write(ctx) {
		c.condition(ctx)
		c.read(ctx)
		c.publicURL(ctx)
		c.remove(ctx)
	}
	c.lifecycle(ctx)
	return c.findings
}

type check struct {
	*Store
	probe    blob.Object
	findings []ops.Finding
}

func (c *check) good(name, format string, args ...any) bool {
	c.findings = append(c.findings, ops.Finding{Name: name, OK: true, Detail: fmt.Sprintf(format, args...)})
	return true
}

func (c *check) bad(name string, err error, remedy string) bool {
	c.findings = append(c.findings, ops.Finding{Name: name, Detail: err.Error(), Remedy: remedy})
	return false
}

// bucket also compares the clocks: every answer has the server's time in it, most
// refusals included.
func (c *check) bucket(ctx context.Context) bool {
	const name = "bucket"
	out, err := c.headBucket(ctx)
	now := time.Now()
	if err == nil {
		server, _ := awsmiddleware.GetServerTime(out.ResultMetadata)
		if at, ok := awsmiddleware.GetResponseAt(out.ResultMetadata); ok {
			now = at
		}
		c.clock(now, server)
		return c.good(name, "%s answers", c.opts.Bucket)
	}
	if server := dateOf(err); !server.IsZero() {
		c.clock(now, server)
	}
	switch statusOf(err) {
	case 0:
		return c.bad(name, err, "Look at endpoint= in DPP_BLOB_URL, at the credentials in AWS_*, and whether the store runs and can be reached.")
	case http.StatusNotFound:
		return c.bad(name, err, "Make the bucket, or start the platform once with credentials that may make it.")
	case http.StatusForbidden:
		return c.bad(name, err, "Correct the credentials in AWS_*, and allow them s3:ListBucket, s3:GetObject, s3:PutObject and s3:DeleteObject.")
	case http.StatusMovedPermanently, http.StatusBadRequest:
		return c.bad(name, err, "Give the bucket's own region as region= in DPP_BLOB_URL.")
	default:
		return c.bad(name, err, "Look at the store, and at endpoint= in DPP_BLOB_URL.")
	}
}

// largestSkew is what the server's clock may differ by: signed URLs begin and end by
// both clocks.
const largestSkew = time.Minute

func (c *check) clock(now, server time.Time) {
	const name = "object store clock"
	skew := now.Sub(server).Truncate(time.Second) // it tells whole seconds
	switch {
	case server.IsZero():
		c.good(name, "the store does not tell its time")
	case skew.Abs() > largestSkew:
		c.bad(name, fmt.Errorf("it differs from ours by %s", skew), "Set both clocks, and keep them with NTP: signed URLs need it.")
	default:
		c.good(name, "it differs from ours by %s", skew)
	}
}

func (c *check) put(ctx context.Context) (blob.PutOutcome, error) {
	outcomes, err := c.Put(ctx, []blob.Object{c.probe})
	if err != nil {
		return blob.PutOutcome{}, err
	}
	return outcomes[0], outcomes[0].Err
}

func (c *check) write(ctx context.Context) bool {
	const name = "object write"
	outcome, err := c.put(ctx)
	if err == nil && outcome.Existed {
		err = errors.New("a new object is said to exist already")
	}
	if err != nil {
		return c.bad(name, err, "Allow the credentials s3:PutObject, and with sse=aws:kms also kms:GenerateDataKey; look at the store's space.")
	}
	return c.good(name, "an object was stored")
}

func (c *check) condition(ctx context.Context) {
	const name, remedy = "object condition", "Use a store that knows If-None-Match: without it two workers can overwrite each other's results."
	outcome, err := c.put(ctx)
	switch {
	case err != nil:
		c.bad(name, err, remedy)
	case !outcome.Existed:
		c.bad(name, errors.New("the store overwrote an object that was to be written only where there is none"), remedy)
	default:
		c.good(name, "a second write of the same object was refused")
	}
}

func (c *check) read(ctx context.Context) {
	const name = "object read"
	info, err := c.Head(ctx, c.probe.Key)
	if err == nil && (info.MediaType != c.probe.MediaType || info.Metadata["dpp-probe"] != "1") {
		err = errors.New("type or metadata came back changed")
	}
	if err == nil {
		err = c.readProbe(ctx)
	}
	if err != nil {
		c.bad(name, err, "Allow the credentials s3:GetObject, and with sse=aws:kms also kms:Decrypt; look at what stands between here and the store.")
		return
	}
	c.good(name, "it came back as it was")
}

func (c *check) readProbe(ctx context.Context) (err error) {
	body, _, err := c.Get(ctx, c.probe.Key, 0, -1)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, body.Close()) }()
	return c.compare(body)
}

func (c *check) compare(content io.Reader) error {
	got, err := io.ReadAll(io.LimitReader(content, int64(len(c.probe.Content))+1))
	if err == nil && !bytes.Equal(got, c.probe.Content) {
		err = errors.New("the content came back changed")
	}
	return err
}

// publicURL follows a signed URL, as a tenant would, from here.
func (c *check) publicURL(ctx context.Context) {
	const name = "signed URL"
	signed, err := c.SignGet(ctx, c.probe.Key, time.Minute)
	if err != nil {
		c.bad(name, err, "Correct public_endpoint= in DPP_BLOB_URL, and the credentials in AWS_*.")
		return
	}
	status, err := c.fetch(ctx, signed)
	switch {
	case err != nil:
		c.bad(name, withoutURL(err), "Look at public_endpoint= in DPP_BLOB_URL: tenants fetch their results there. It is of no matter if only this machine cannot reach it.")
	case status == http.StatusForbidden:
		c.bad(name, errors.New("the store refuses what it was signed for"),
			"See to it that public_endpoint= in DPP_BLOB_URL arrives at the store with the same Host header and path, that region= is right, and that the clocks agree.")
	case status != http.StatusOK:
		c.bad(name, fmt.Errorf("status %d", status), "Look at public_endpoint= in DPP_BLOB_URL: something else answers there.")
	default:
		c.good(name, "the object can be fetched by it")
	}
}

func (c *check) fetch(ctx context.Context, signed string) (status int, err error) {
	ctx, cancel := c.brief(ctx)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, signed, nil)
	if err != nil {
		return 0, err
	}
	response, err := c.http.Do(request)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, response.Body.Close()) }()
	if response.StatusCode != http.StatusOK {
		return response.StatusCode, nil
	}
	return response.StatusCode, c.compare(response.Body)
}

// remove also makes sure that the store says clearly that an object is gone: the
// recovery of runs depends on it.
func (c *check) remove(ctx context.Context) {
	const name = "object delete"
	if err := c.DeletePrefix(ctx, strings.TrimSuffix(c.probe.Key, "probe")); err != nil {
		c.bad(name, err, "Allow the credentials s3:DeleteObject and s3:ListBucket.")
		return
	}
	if _, err := c.Head(ctx, c.probe.Key); !errors.Is(err, blob.ErrNotFound) {
		c.bad(name, fmt.Errorf("the store does not say that it is gone: %w", err), "Allow the credentials s3:ListBucket: without it S3 hides whether an object is there.")
		return
	}
	c.good(name, "it is gone")
}

func (c *check) lifecycle(ctx context.Context) {
	const name, remedy = "lifecycle rules", "Allow the credentials s3:GetLifecycleConfiguration and s3:PutLifecycleConfiguration, and start the platform once."
	ctx, cancel := c.brief(ctx)
	defer cancel()
	there, err := c.getRules(ctx)
	if unknownToServer(err) {
		c.good(name, "this store has none: the platform's own sweeps delete what is old")
		return
	}
	if err != nil {
		c.bad(name, err, remedy)
		return
	}
	should := c.rules(0)[0]
	at := indexOf(there.Rules, should)
	if at < 0 || there.Rules[at].Status != should.Status || prefixOf(there.Rules[at]) != prefixOf(should) || expireDays(there.Rules[at]) == 0 {
		c.bad(name, fmt.Errorf("there is no rule %s that deletes old objects", *should.ID), remedy)
		return
	}
	c.good(name, "objects are deleted after %d days", expireDays(there.Rules[at]))
}
