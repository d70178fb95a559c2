package inputs

import (
	"fmt"
	"strings"

	"dpp"
	"dpp/internal/fetch"
	"dpp/internal/pack"
)

// reject is a failure that the caller can mend.
func reject(detail, hint string) *pack.Failure {
	return &pack.Failure{Reason: dpp.ReasonInputRejected, Detail: detail, Hint: hint}
}

func notBase64(pointer string) error {
	return reject("The data of the file at "+pointer+" is not base64.", "Encode the bytes as base64 (RFC 4648), with padding and without line breaks.")
}

func empty(pointer string) error {
	return reject("The file at "+pointer+" is empty.", "Name a file that has content.")
}

func tooLarge(pointer string, limit int64) error {
	return reject("The file at "+pointer+" has more than "+amount(limit)+".", "Name a smaller file, or parts of this one in several runs.")
}

func noUpload(pointer string) error {
	return reject("The upload of the file at "+pointer+" does not exist, has expired, is another account's, or has not arrived.",
		"Send the file again by POST /v1/uploads and submit with the new upload_id.")
}

func otherBytes(pointer string) error {
	return reject("The bytes of the file at "+pointer+" are not those that were announced.", "Send the file again by POST /v1/uploads and submit with the new upload_id.")
}

// otherType tells what the bytes are: a name out of a fixed list, nothing of theirs.
func otherType(pointer, found string) error {
	return reject("The file at "+pointer+" is not what its media type says: its bytes are "+found+".", "Declare the media type that the bytes have.")
}

func notAccepted(pointer, found string, accept []string) error {
	return reject("The file at "+pointer+" is "+found+", which is not taken here.", "Name a file of one of these types: "+strings.Join(accept, ", ")+".")
}

// notFetched says why a URL gave nothing. What the judge refused is the caller's to
// mend, and evidence; the rest is the network's or the server's.
func notFetched(pointer string, e *fetch.Error) error {
	if e.Blocked {
		f := reject("The URL of the file at "+pointer+" is refused: "+string(e.Reason)+".", "Name a public https URL without user information, or send the file by POST /v1/uploads.")
		f.Blocked = []pack.Block{{URL: e.URL, Hop: e.Hop, Reason: string(e.Reason), AddressClass: string(e.AddressClass)}}
		return f
	}
	f := &pack.Failure{
		Reason: dpp.ReasonPackError, Detail: "The file at " + pointer + " could not be fetched: " + string(e.Reason) + ".",
		Hint: "Check that the URL exists and answers in time, or send the file by POST /v1/uploads.", Retryable: e.Retryable,
		Discarded: []pack.Discard{{URL: e.URL, Reason: string(e.Reason), Detail: e.Detail()}},
	}
	if e.Retryable {
		f.Hint = "Submit the same run again later, with a new idempotency key."
	}
	return f
}

// amount is a number of bytes for people.
func amount(bytes int64) string {
	if bytes >= 1<<20 && bytes%(1<<20) == 0 {
		return fmt.Sprintf("%d MiB", bytes>>20)
	}
	return fmt.Sprintf("%d bytes", bytes)
}
