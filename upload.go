package dpp

import "time"

// Upload is a file that a caller announces, sends to the object store by itself, and
// then names in the inputs of runs. What it is said to be is what the signed request
// lets it be; what its bytes are is looked at when a run reads them.
type Upload struct {
	ID     UploadID
	Tenant TenantID
	Live   bool
	// Name is for people; it may be empty.
	Name      string
	MediaType string
	Size      int64  // in bytes
	SHA256    string // lower-case hex; empty where it was not told
	CreatedAt time.Time
	// ExpiresAt is until when a submit may name it. Runs that did keep it until they
	// are purged.
	ExpiresAt time.Time
}

// Account is the account whose runs may use the upload.
func (u *Upload) Account() AccountID { return AccountOf(u.Tenant, u.Live) }

// ObjectPrefix is what the keys of the upload's objects start with.
func (u *Upload) ObjectPrefix() string {
	return "dpp/" + string(u.Tenant) + "/uploads/" + string(u.ID) + "/"
}

// ObjectKey is where the object store has the upload's bytes.
func (u *Upload) ObjectKey() string { return u.ObjectPrefix() + "content" }

// UploadView is an upload that was announced, as its owner is told of it once.
type UploadView struct {
	ID  UploadID `json:"upload_id" doc:"What the inputs of runs name the file by."`
	Put PutView  `json:"put" doc:"The request that sends the file's bytes."`
	// ExpiresAt is until when a submit may name the upload.
	ExpiresAt Time `json:"expires_at" doc:"Until when a submit may name the upload, in UTC. Runs that did keep the file until they are past their retention."`
}

// PutView is a request that stores an upload's bytes, without a key.
type PutView struct {
	URL       string            `json:"url" doc:"Absolute URL of the PUT; whoever has it needs no key. It takes effect once."`
	Headers   map[string]string `json:"headers" doc:"Headers to send as they are: the signature covers them."`
	ExpiresAt Time              `json:"expires_at" doc:"Until when the PUT may begin, in UTC."`
}
