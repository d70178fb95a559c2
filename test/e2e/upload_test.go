package e2e

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/jackc/pgx/v5"
	_ "modernc.org/sqlite" // to change a database behind the store's back

	"dpp"
	"dpp/client"
)

// file is what the tests announce and send.
var file = []byte("a file of the tests")

func sumOf(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}

// announce announces [file] with a key.
func (s *site) announce(key dpp.Secret) dpp.UploadView {
	s.t.Helper()
	return s.announced(key, client.Announcement{MediaType: "text/plain", Size: int64(len(file)), SHA256: sumOf(file), Name: "file.txt"})
}

func (s *site) announced(key dpp.Secret, a client.Announcement) dpp.UploadView {
	s.t.Helper()
	view, err := s.client(key).CreateUpload(s.t.Context(), a)
	if err != nil {
		s.t.Fatal(err)
	}
	return view
}

// send does what was signed for, as somebody without a key; header replaces what was
// signed for.
func (s *site) send(u dpp.UploadView, content []byte, header ...string) int {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), http.MethodPut, u.Put.URL, bytes.NewReader(content))
	if err != nil {
		s.t.Fatal(err)
	}
	for name, value := range u.Put.Headers {
		r.Header.Set(name, value)
	}
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	r.Close = true // a server that refuses by the header takes the body for the next request
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	if err := answer.Body.Close(); err != nil {
		s.t.Fatal(err)
	}
	return answer.StatusCode
}

// sent is an upload whose bytes have arrived.
func (s *site) sent(key dpp.Secret) dpp.UploadView {
	s.t.Helper()
	u := s.announce(key)
	if status := s.send(u, file); status != http.StatusOK {
		s.t.Fatalf("the PUT is answered with %d", status)
	}
	return u
}

// expire has the store believe that an upload is a day old.
func (s *site) expire(id dpp.UploadID) {
	s.t.Helper()
	ctx, statement := s.t.Context(), `UPDATE uploads SET created_at = 1, expires_at = 2 WHERE id = $1`
	var changed int64
	if i := slices.IndexFunc(s.env, func(v string) bool { return strings.HasPrefix(v, "DPP_DATABASE_URL=") }); i >= 0 {
		conn, err := pgx.Connect(ctx, strings.TrimPrefix(s.env[i], "DPP_DATABASE_URL="))
		if err != nil {
			s.t.Fatal(err)
		}
		defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
		tag, err := conn.Exec(ctx, strings.NewReplacer("= 1", "= to_timestamp(1)", "= 2", "= to_timestamp(2)").Replace(statement), string(id))
		if err != nil {
			s.t.Fatal(err)
		}
		changed = tag.RowsAffected()
	} else {
		db, err := sql.Open("sqlite", "file:"+filepath.Join(s.place[1], "dpp.db")+"?_pragma=busy_timeout(30000)")
		if err != nil {
			s.t.Fatal(err)
		}
		defer func() { _ = db.Close() }()
		result, err := db.ExecContext(ctx, statement, string(id))
		if err != nil {
			s.t.Fatal(err)
		}
		if changed, err = result.RowsAffected(); err != nil {
			s.t.Fatal(err)
		}
	}
	if changed != 1 {
		s.t.Fatalf("%d uploads have expired", changed)
	}
}

func reading(ids ...dpp.UploadID) client.Submission {
	files := make([]map[string]any, len(ids))
	for i, id := range ids {
		files[i] = map[string]any{"kind": "upload", "upload_id": id}
	}
	return client.Submission{PackType: "reader", MaxCost: 100_000, Inputs: map[string]any{"files": files}, Wait: 30 * time.Second}
}

// unusable submits what must be refused for the file at a place of its inputs, and
// nothing may be reserved for it.
func unusable(t *testing.T, c *client.Client, what string, submission client.Submission) {
	t.Helper()
	_, err := c.Submit(t.Context(), submission)
	if reason(err) != dpp.ReasonUploadUnusable {
		t.Errorf("%s: %v", what, err)
	}
	if budget, err := c.Budget(t.Context()); err != nil || budget.Held != 0 || budget.Spent != 0 {
		t.Errorf("%s: budget %+v, %v", what, budget, err)
	}
}

// TestUploads announces a file, sends it, and has several runs read it.
func TestUploads(t *testing.T) { everywhere(t, uploads) }

func uploads(t *testing.T, start starter) {
	s := start(t, reads+"=1")
	c := s.dev()
	u := s.announce(s.key)
	unusable(t, c, "before its bytes", reading(u.ID))
	for what, status := range map[string]int{
		"another type": s.send(u, file, "Content-Type", "text/html"),
		"a byte less":  s.send(u, file[1:]),
		"a byte more":  s.send(u, append([]byte{'!'}, file...)),
		"another sum":  s.send(u, bytes.ToUpper(file)),
	} {
		if status < 400 || status > 499 {
			t.Errorf("%s is answered with %d", what, status)
		}
	}
	unusable(t, c, "after PUTs that were refused", reading(u.ID))
	if status := s.send(u, file); status != http.StatusOK {
		t.Fatalf("the PUT is answered with %d", status)
	}
	if status := s.send(u, file); status != http.StatusConflict && status != http.StatusPreconditionFailed {
		t.Errorf("the second PUT is answered with %d", status)
	}

	_, other := s.tenant("other", "10.0000")
	old := s.sent(s.key)
	s.expire(old.ID)
	unusable(t, c, "an unknown one", reading(dpp.NewUploadID()))
	unusable(t, c, "an expired one", reading(old.ID))
	unusable(t, c, "another tenant's", reading(s.sent(other).ID))
	unusable(t, c, "one of several", reading(u.ID, old.ID))
	unusable(t, s.client(other), "seen from there", reading(u.ID))

	together(3, func(int) {
		out, err := c.Submit(t.Context(), reading(u.ID, u.ID))
		if err != nil || out.Run.Status != dpp.StatusCompleted {
			t.Errorf("%s, %v", out.Run.Status, err)
			return
		}
		text, err := c.Result(t.Context(), out.Run.ID)
		var envelope struct {
			Data struct {
				Sums []string `json:"sums"`
			} `json:"data"`
		}
		if err == nil {
			err = json.Unmarshal(text, &envelope)
		}
		if err != nil || !slices.Equal(envelope.Data.Sums, []string{sumOf(file), sumOf(file)}) {
			t.Errorf("read %q, %v", envelope.Data.Sums, err)
		}
	})

	// What was announced without a sum is looked at by whoever reads it.
	disguised := s.announced(s.key, client.Announcement{MediaType: "application/pdf", Size: int64(len(file))})
	if status := s.send(disguised, file); status != http.StatusOK {
		t.Errorf("the PUT is answered with %d", status)
	}
	out, err := c.Submit(t.Context(), reading(disguised.ID))
	if err != nil || out.Run.Error == nil || out.Run.Error.Reason != dpp.ReasonInputRejected || out.Run.Cost.Used != out.Run.Cost.MinimumFee {
		t.Errorf("a text that was announced as another type: %+v, %v", out.Run.Error, err)
	}
	s.audit()
	s.stop()
	s.audit()
}

// TestUploadsGoAfterTheirLastRun waits for a round of the reaper's retention.
func TestUploadsGoAfterTheirLastRun(t *testing.T) { everywhere(t, freedUploads) }

func freedUploads(t *testing.T, start starter) {
	s := start(t, reads+"=1", "DPP_RETENTION=1s", "DPP_IDEMPOTENCY_WINDOW=1s")
	c := s.dev()
	u := s.sent(s.key)
	out, err := c.Submit(t.Context(), reading(u.ID))
	if err != nil || out.Run.Status != dpp.StatusCompleted {
		t.Fatalf("%s, %v", out.Run.Status, err)
	}
	s.expire(u.ID)
	if status := s.send(u, file); status == http.StatusOK {
		t.Fatal("the object of a run that is not purged was gone")
	}
	eventually(t, "the run is purged", func() bool {
		_, err := c.Get(t.Context(), out.Run.ID)
		return reason(err) == dpp.ReasonResultExpired
	})
	// The signed request is good for an hour: it goes through once its key is free again.
	eventually(t, "the upload is gone", func() bool { return s.send(u, file) == http.StatusOK })
	s.stop()
	s.audit()
}
