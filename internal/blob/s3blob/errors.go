package s3blob

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"time"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go"
)

// Codes of S3 that decide something here.
const (
	codeNoSuchKey = "NoSuchKey"
	codeConflict  = "ConditionalRequestConflict" // another conditional write is under way
	codeAborted   = "OperationAborted"           // another change of the bucket is under way
	codeBadDigest = "BadDigest"                  // content and checksum differ
)

// errStalled is what ends a read whose server has gone silent.
var errStalled = fmt.Errorf("the object store did not answer in time: %w", context.DeadlineExceeded)

// codeOf is the error code in the server's answer; empty where there is none.
func codeOf(err error) string {
	var answer smithy.APIError
	if errors.As(err, &answer) {
		return answer.ErrorCode()
	}
	return ""
}

// statusOf is the status of the server's answer; 0 where there was none.
func statusOf(err error) int {
	var failure *awshttp.ResponseError
	if errors.As(err, &failure) {
		return failure.HTTPStatusCode()
	}
	return 0
}

// dateOf is the server's time in an answer that refuses; zero where it is not there.
func dateOf(err error) time.Time {
	var failure *awshttp.ResponseError
	if !errors.As(err, &failure) || failure.Response == nil {
		return time.Time{}
	}
	date, _ := http.ParseTime(failure.Response.Header.Get("Date")) // zero with its error
	return date
}

// noSuchKey tells whether the server says that there is no such object. A bare 404
// may also be that of the bucket, or of somebody who is no object store.
func noSuchKey(err error) bool {
	return statusOf(err) == http.StatusNotFound && codeOf(err) == codeNoSuchKey
}

// refusesObject tells whether the server has refused an object for what it is, and
// would store another.
func refusesObject(err error) bool {
	switch statusOf(err) {
	case http.StatusRequestEntityTooLarge:
		return true
	case http.StatusConflict: // such as a key that is the folder of another
		return codeOf(err) != codeConflict && codeOf(err) != codeAborted
	case http.StatusBadRequest:
		return slices.Contains([]string{"EntityTooLarge", "KeyTooLongError", "KeyTooLong", "MetadataTooLarge"}, codeOf(err))
	default:
		return false
	}
}

// unknownToServer tells whether the server lacks a whole function.
func unknownToServer(err error) bool {
	switch statusOf(err) {
	case http.StatusNotImplemented, http.StatusMethodNotAllowed:
		return true
	default:
		return codeOf(err) == "NotImplemented"
	}
}

// withoutURL leaves out the URL that a client's error names: a signed one is a secret.
func withoutURL(err error) error {
	var failure *url.Error
	if errors.As(err, &failure) {
		return failure.Err
	}
	return err
}
