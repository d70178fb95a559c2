package api

import (
	"errors"
	"fmt"
	"net/http"
	"time"

	"dpp"
	"dpp/internal/blob"
	"dpp/internal/runs"
)

// downloadTime is what the download of a large object may take.
const downloadTime = 10 * time.Minute

const downloadMethods = "GET, HEAD, OPTIONS"

// download passes signed downloads on to the embedded object store.
func (x *exchange) download() error {
	x.pattern = x.api.BlobPrefix
	switch x.r.Method {
	case http.MethodGet, http.MethodHead:
	case http.MethodOptions:
		return x.options(downloadMethods)
	default:
		x.Header().Set("Allow", downloadMethods)
		return methodNotAllowed()
	}
	// An error means that this is no connection, and has no deadline.
	_ = http.NewResponseController(x.ResponseWriter).SetWriteDeadline(time.Now().Add(downloadTime))
	x.api.Blobs.ServeHTTP(x, x.r)
	return nil
}

// DenyBlob answers a download that gets no object with the problem document that
// fits err. It is for the handler that stands in [Config].Blobs, and must be given
// the writer that this one was called with.
func DenyBlob(w http.ResponseWriter, _ *http.Request, err error) {
	x, ok := w.(*exchange)
	if !ok {
		http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
		return
	}
	h := x.Header()
	switch {
	case errors.Is(err, blob.ErrBadSignature):
		x.refuse(&runs.Refusal{
			Reason: dpp.ReasonScopeMissing, Detail: "The signature of this URL is wrong, or its time is over.",
			Hint: "Read the run again and use the URL that it gives then, unchanged.", Remedy: dpp.Remedy{Action: dpp.RemedyRetry},
		})
	case errors.Is(err, blob.ErrNotFound):
		x.refuse(notFound())
	case h.Get("Content-Range") != "": // the range that was asked for is not there
		x.refuse(&runs.Refusal{Reason: dpp.ReasonBadRequest, Detail: "No part of the object is in the range that was asked for.", Fields: []dpp.FieldError{
			{Header: "Range", Code: "out_of_range", Message: "The range begins behind the object's end."},
		}})
	default:
		x.refuse(fmt.Errorf("%w: %w", runs.ErrBlob, err))
	}
}
