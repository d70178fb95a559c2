package client_test

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"dpp"
	"dpp/client"
)

const uploadID = "upl_06d0e0v5xv1zfc3aa8xkm2w7vg"

func uploadDoc(size int) string {
	return fmt.Sprintf(`{"upload_id":%q,"put":{"url":"http://store.test/blobs/x?sig=s3cret","headers":{"Content-Length":"%d","Content-Type":"text/csv","If-None-Match":"*"},"expires_at":"2025-01-02T03:04:05.678Z"},"expires_at":"2025-01-03T03:04:05.678Z"}`, uploadID, size)
}

// store announces at the first request and answers the others by the statuses, in turn;
// 0 is no answer.
func store(size int, statuses ...int) *web {
	return &web{answer: func(n int, _ *http.Request) (*http.Response, error) {
		if n == 0 {
			return says(201, uploadDoc(size)), nil
		}
		if status := statuses[n-1]; status != 0 {
			return says(status, ""), nil
		}
		return nil, io.ErrUnexpectedEOF
	}}
}

func TestUpload(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const content = "a,b\n1,2\n"
		sum := sha256.Sum256([]byte(content))
		for name, statuses := range map[string][]int{
			"at once":                     {200},
			"after breaks":                {0, 0, 204},
			"to a busy store":             {503, 429, 200},
			"whose answer was lost":       {0, 409},
			"whose answer was lost by S3": {0, 412},
		} {
			w := store(len(content), statuses...)
			got, err := w.client().Upload(t.Context(), "text/csv", "t.csv", strings.NewReader(content), int64(len(content)))
			if err != nil || got.ID != uploadID {
				t.Errorf("%s: %+v, %v", name, got, err)
			}
			want := fmt.Sprintf(`{"media_type":"text/csv","size_bytes":%d,"sha256":%q,"name":"t.csv"}`, len(content), hex.EncodeToString(sum[:]))
			if w.bodies[0] != want || w.asked[0].Method != "POST" || w.asked[0].URL.Path != "/v1/uploads" {
				t.Errorf("%s: announced %s", name, w.bodies[0])
			}
			for i, r := range w.asked[1:] {
				if r.Method != "PUT" || r.URL.Host != "store.test" || r.Header.Get("Content-Type") != "text/csv" || r.Header.Get("If-None-Match") != "*" ||
					r.ContentLength != int64(len(content)) || w.bodies[i+1] != content {
					t.Errorf("%s: sent %+v, %q", name, r, w.bodies[i+1])
				}
				if r.Header.Get("Authorization") != "" {
					t.Errorf("%s: the key went to the store", name)
				}
			}
			if len(w.asked) != len(statuses)+1 {
				t.Errorf("%s: %d requests", name, len(w.asked))
			}
		}
	})
}

func TestAnUploadThatFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		send := func(w *web) error {
			_, err := w.client().Upload(t.Context(), "text/csv", "", strings.NewReader("abc"), 3)
			if err == nil || strings.Contains(err.Error(), "s3cret") {
				t.Errorf("error %v", err)
			}
			return err
		}
		for _, status := range []int{400, 403, 413, 415, 422, 301} {
			var refused *client.Error
			w := store(3, status)
			if err := send(w); !errors.As(err, &refused) || refused.Problem.Status != status || len(w.asked) != 2 {
				t.Errorf("%d: %v after %d requests", status, err, len(w.asked))
			}
		}
		var lost *client.UnreachableError
		if err := send(store(3, slices.Repeat([]int{0}, 9)...)); !errors.As(err, &lost) || !strings.Contains(err.Error(), "store.test") {
			t.Errorf("no answer: %v", err)
		}
		var refused *client.Error
		if err := send(always(422, `{"title":"x","reason_code":"VALIDATION_FAILED"}`)); !errors.As(err, &refused) || refused.Problem.Reason != dpp.ReasonValidationFailed {
			t.Errorf("not announced: %v", err)
		}
		for _, doc := range []string{`{}`, `{"put":{"url":"http://h/","headers":{}}}`, `{"put":{"url":":","headers":{"Content-Length":"3"}}}`, `{"put":{"url":"/x","headers":{"Content-Length":"3"}}}`, `{"put":{"url":"http://h/","headers":{"Content-Length":"-3"}}}`} {
			w := always(201, doc)
			if err := send(w); !errors.Is(err, client.ErrMalformed) || len(w.asked) != 1 {
				t.Errorf("%s: %v", doc, err)
			}
		}
	})
}

type unreadable struct{}

func (unreadable) ReadAt([]byte, int64) (int, error) { return 0, io.ErrClosedPipe }

func TestAFileThatCannotBeRead(t *testing.T) {
	w := store(3)
	if _, err := w.client().Upload(t.Context(), "text/csv", "", unreadable{}, 3); !errors.Is(err, io.ErrClosedPipe) || len(w.asked) != 0 {
		t.Errorf("%v after %d requests", err, len(w.asked))
	}
}
