package ocrpack

import (
	"context"
	"errors"
	"fmt"

	"dpp"
	"dpp/internal/document"
	"dpp/internal/document/picture"
	"dpp/internal/document/tesseract"
	"dpp/internal/pack"
)

// Reasons of documents and pages that were not read.
const (
	reasonEncrypted  = "DOCUMENT_ENCRYPTED"
	reasonDamaged    = "DOCUMENT_DAMAGED"
	reasonTooLarge   = "DOCUMENT_TOO_LARGE"
	reasonDemanding  = "DOCUMENT_DEMANDING"
	reasonNoPages    = "NO_PAGES"
	reasonOutOfRange = "PAGES_OUT_OF_RANGE"
	reasonTooMany    = "TOO_MANY_PAGES"
	reasonPixels     = "PICTURE_TOO_LARGE"
	reasonFormat     = "FORMAT_NOT_SUPPORTED"
	reasonPage       = "PAGE_UNREADABLE"
	reasonNoEngine   = "OCR_NOT_AVAILABLE"
	reasonNotRead    = "NOT_READ"
)

// text is the problem for a failure that tells of several. One of a file that did not come
// in says itself what it is.
func (p *Problem) text() string {
	if p.Reason == string(dpp.ReasonInputRejected) || p.Reason == string(dpp.ReasonPackError) {
		return p.Detail
	}
	return p.Reason + ": " + p.Detail
}

// problem is one that the input has.
func problem(reason, detail, hint string) *Problem {
	return &Problem{Reason: reason, Detail: detail, hint: hint, input: true}
}

// ours is one that the platform has.
func ours(reason, detail, hint string, retryable bool) *Problem {
	return &Problem{Reason: reason, Detail: detail, hint: hint, Retryable: retryable}
}

// meaning puts an error of reading into words. It is nil where ctx has ended, and for what no
// document can be the reason of.
func meaning(ctx context.Context, err error) *Problem {
	if ctx.Err() != nil {
		return nil
	}
	for _, known := range []struct {
		of error
		is *Problem
	}{
		{document.ErrEncrypted, problem(reasonEncrypted, "The document does not open without a password.", "Send the document without encryption.")},
		{document.ErrTooLarge, problem(reasonTooLarge, fmt.Sprintf("The document has more bytes than are read (%d MiB).", maxFileBytes/mib), "Send parts of the document.")},
		{document.ErrDemanding, problem(reasonDemanding, "Reading it takes more time or memory than a page may: 15 s and 512 MiB.", "Send the page as a picture of 300 pixels an inch, or leave it out.")},
		{picture.ErrTooLarge, problem(reasonPixels, fmt.Sprintf("The picture has more than %d pixels, a side of more than %d, or more than %d pages, or takes too much memory to be decoded.",
			picture.MaxPixels, picture.MaxSide, picture.MaxPages), "Send the picture with 300 pixels an inch or less.")},
		{picture.ErrFormat, problem(reasonFormat, "The picture is of a kind that is not read.", "Send it as PNG, JPEG, TIFF or WebP of a usual kind.")},
		{picture.ErrNoPage, problem(reasonOutOfRange, "The picture has no such page.", "Name pages that it has.")},
		{picture.ErrDamaged, problem(reasonDamaged, "The picture is damaged.", "Save the picture again and send that.")},
		{document.ErrDamaged, problem(reasonDamaged, "It is damaged, or no document of its format.", "Save the document again and send that.")},
		{tesseract.ErrAbsent, noEngine()},
	} {
		if errors.Is(err, known.of) {
			return known.is
		}
	}
	return nil
}

func pageSize() *Problem {
	return problem(reasonPixels, fmt.Sprintf("The page has a side of more than %d points, which is 200 inches.", document.MaxPageUnits),
		"Send the page with a smaller size, or leave it out.")
}

func noEngine() *Problem {
	return ours(reasonNoEngine, "This platform has no OCR engine, so that only text layers of PDF documents are read.",
		"Send PDF documents with a text layer, or tell the operator.", false)
}

// notRead is the answer to an error that nobody knows: a page is not lost by it.
func notRead() *Problem {
	return ours(reasonNotRead, "It could not be read, by no fault of its own.", "Submit the same run again later, with a new idempotency key.", true)
}

// loadProblem is that of a file that did not come in.
func loadProblem(f *pack.Failure) *Problem {
	return &Problem{Reason: string(f.Reason), Detail: f.Detail, Retryable: f.Retryable, hint: f.Hint, input: f.Reason == dpp.ReasonInputRejected}
}
