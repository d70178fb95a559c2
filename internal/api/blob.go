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

const blobMethods = "GET, HEAD, OPTIONS, PUT"

// blob passes signed downloads and uploads on to the embedded object store, which sets
// the deadlines of uploads itself.
func (x *exchange) blob() error {
	x.pattern = x.api.BlobPrefix
	switch x.r.Method {
	case http.MethodGet, http.MethodHead:
		// An error means that this is no connection, and has no deadline.
		_ = http.NewResponseController(x.ResponseWriter).SetWriteDeadline(time.Now().Add(downloadTime))
	case http.MethodPut:
	case http.MethodOptions:
		return x.options(blobMethods)
	default:
		x.Header().Set("Allow", blobMethods)
		return methodNotAllowed()
	}
	x.api.Blobs.ServeHTTP(x, x.r)
	return nil
}

// DenyBlob answers a download that gets no object, or an upload that stores none, with
// the problem document that fits err. It is for the handler that stands in
// [Config].Blobs, and must be given the writer that this one was called with.
func DenyBlob(w http.ResponseWriter, _ *http.Request, err error) {
	x, ok := w.(*exchange)
	if !ok {
		http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
		return
	}
	h := x.Header()
	switch {
	case x.r.Method == http.MethodPut:
		x.refuse(uploadRefusal(err))
		if x.reason != dpp.ReasonBodyTooLarge { // after which it was done
			x.drain()
		}
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
		x.refuse(blobFailure(err))
	}
}

func blobFailure(err error) error { return fmt.Errorf("%w: %w", runs.ErrBlob, err) }

// uploadRefusal says why an upload was not taken. Whatever the store said in the end
// of an upload that has arrived, nothing of it was kept.
func uploadRefusal(err error) error {
	switch {
	case errors.Is(err, blob.ErrBadSignature):
		return &runs.Refusal{
			Reason: dpp.ReasonScopeMissing, Detail: "The signature of this URL is wrong, or its time is over.",
			Hint: "Announce the upload again and use the URL that the answer gives, unchanged.", Remedy: dpp.Remedy{Action: dpp.RemedyChangeRequest},
		}
	case errors.Is(err, blob.ErrMediaType):
		return &runs.Refusal{
			Reason: dpp.ReasonUnsupportedMediaType, Detail: "The content is declared as something else than the upload that was announced.", Hint: sendHeaders,
			Fields: []dpp.FieldError{{Header: "Content-Type", Code: "differs", Message: "It must be the one that was announced, and the only one, without Content-Encoding."}},
		}
	case errors.Is(err, blob.ErrTooLarge):
		return &runs.Refusal{Reason: dpp.ReasonBodyTooLarge, Detail: "The content is larger than the upload that was announced.", Hint: announceAgain}
	case errors.Is(err, blob.ErrTooSmall):
		return &runs.Refusal{
			Reason: dpp.ReasonBadRequest, Detail: "The content's length is not told, or is smaller than the upload that was announced.", Hint: sendHeaders,
			Fields: []dpp.FieldError{{Header: "Content-Length", Code: "differs", Message: "It must be the size that was announced."}},
		}
	case errors.Is(err, blob.ErrIncomplete):
		return &runs.Refusal{
			Reason: dpp.ReasonBadRequest, Detail: "The content did not arrive whole, or came too slowly.",
			Hint: "Send the whole content again with the same URL.", Remedy: dpp.Remedy{Action: dpp.RemedyRetry},
		}
	case errors.Is(err, blob.ErrSum):
		return &runs.Refusal{Reason: dpp.ReasonValidationFailed, Detail: "The content's SHA-256 is not the one that was announced.", Hint: announceAgain}
	case errors.Is(err, blob.ErrExists):
		return &runs.Refusal{Reason: dpp.ReasonUploadExists}
	default:
		return blobFailure(err)
	}
}

const (
	sendHeaders   = "Send the headers that stood beside the URL, as they are."
	announceAgain = "Send the content that was announced, or announce this one as another upload."
)
