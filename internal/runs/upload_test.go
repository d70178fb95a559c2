package runs_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"dpp"
	"dpp/internal/blob"
	"dpp/internal/runs"
	"dpp/internal/store"
	"dpp/test/platform"
)

const day = 24 * time.Hour

func TestAnAnnouncementIsSignedFor(t *testing.T) {
	p := open(t, platform.Options{})
	sum := strings.Repeat("0f", 32)
	begin := time.Now()
	got, err := p.Service.Announce(t.Context(), runs.Announcement{Key: p.Key, Name: "scan.pdf", MediaType: "application/pdf", Size: runs.MaxUpload, SHA256: sum})
	if err != nil {
		t.Fatal(err)
	}
	want := dpp.Upload{
		ID: got.Upload.ID, Tenant: p.Key.Tenant, Live: true, Name: "scan.pdf", MediaType: "application/pdf", Size: runs.MaxUpload, SHA256: sum,
		CreatedAt: got.Upload.CreatedAt, ExpiresAt: got.Upload.CreatedAt.Add(day),
	}
	if got.Upload != want || !got.Upload.ID.Valid() {
		t.Errorf("announced %+v", got.Upload)
	}
	if left := got.Put.ExpiresAt.Sub(begin); got.Put.URL == "" || got.Put.Header["Content-Type"] != "application/pdf" || left < time.Hour || left > 2*time.Hour {
		t.Errorf("signed %+v", got.Put)
	}
	known, err := p.Ports.Store.UploadsByID(t.Context(), []dpp.UploadID{got.Upload.ID})
	if err != nil || len(known) != 1 || known[0].Upload != want {
		t.Errorf("known: %+v, %v", known, err)
	}
	if got, err := p.Service.Announce(t.Context(), runs.Announcement{Key: p.Key, MediaType: "text/plain", Size: 0}); err == nil {
		t.Errorf("announced nothing: %+v", got)
	}
}

func TestAnnouncementsAreBoundedAndRefused(t *testing.T) {
	p := open(t, platform.Options{})
	announce := func(key dpp.Key) error {
		_, err := p.Service.Announce(t.Context(), runs.Announcement{Key: key, MediaType: "text/plain", Size: 1})
		return err
	}
	full := 0
	for ; full < 1000; full++ {
		if err := announce(p.Key); err != nil {
			if r := refusal(t, err); r.Reason != dpp.ReasonRateLimited || r.RetryAfter <= 0 || r.Hint == "" {
				t.Errorf("%+v", r)
			}
			break
		}
	}
	if full != 256 {
		t.Errorf("%d uploads were announced", full)
	}
	if err := announce(p.Tenant(dpp.USD)); err != nil {
		t.Errorf("another tenant: %v", err)
	}
	p.Age(day)
	if err := announce(p.Key); err != nil {
		t.Errorf("once they have expired: %v", err)
	}
	if err := p.Ports.Store.SetSuspended(t.Context(), p.Key.Tenant, true); err != nil {
		t.Fatal(err)
	}
	if r := refusal(t, announce(p.Key)); r.Reason != dpp.ReasonTenantSuspended {
		t.Errorf("suspended: %+v", r)
	}
}

func TestARunUsesItsUploads(t *testing.T) {
	p := open(t, platform.Options{})
	first, second := p.Upload(p.Key, "a text"), p.Upload(p.Key, "another")
	for i := range 3 {
		receipt, err := p.Service.Submit(t.Context(), p.Naming(fmt.Sprintf("using-key-%d", i), first.ID, second.ID, first.ID))
		if err != nil || receipt.Run.Status != dpp.StatusQueued {
			t.Fatal(err)
		}
	}
	known, err := p.Ports.Store.UploadsByID(t.Context(), []dpp.UploadID{first.ID, second.ID})
	if err != nil || !known[0].Used || !known[1].Used {
		t.Errorf("%+v, %v", known, err)
	}
	p.Audit()
}

// unusable submits what must be refused for its uploads, and tells why.
func unusable(t *testing.T, p *platform.Platform, request runs.Request) *runs.Refusal {
	t.Helper()
	before := p.Account(request.Key)
	_, err := p.Service.Submit(t.Context(), request)
	r := refusal(t, err)
	if r.Reason != dpp.ReasonUploadUnusable {
		t.Fatalf("refused with %s", r.Reason)
	}
	if after := p.Account(request.Key); after != before {
		t.Errorf("the account was %+v, is %+v", before, after)
	}
	return r
}

// places are what a refusal says of the inputs, such as "/inputs/files/0 not_found".
func places(r *runs.Refusal) []string {
	var all []string
	for _, f := range r.Fields {
		all = append(all, *f.Pointer+" "+f.Code)
	}
	return all
}

func TestUnusableUploadsAreRefusedByTheirPlace(t *testing.T) {
	p := open(t, platform.Options{})
	old := p.Upload(p.Key, "old")
	p.Age(day)
	good, absent, short := p.Upload(p.Key, "a text"), p.Announce(p.Key, "a text"), p.Announce(p.Key, "a text")
	p.Arrive(short, "a tex")
	foreign := p.Upload(p.Tenant(dpp.USD), "a secret")
	got := unusable(t, p, p.Naming("first-key", good.ID, old.ID, absent.ID, foreign.ID, short.ID, dpp.NewUploadID(), "no name", good.ID, old.ID))
	want := []string{
		"/inputs/files/1 not_found", "/inputs/files/2 not_arrived", "/inputs/files/3 not_found", "/inputs/files/4 not_arrived",
		"/inputs/files/5 not_found", "/inputs/files/6 not_found", "/inputs/files/8 not_found",
	}
	if !reflect.DeepEqual(places(got), want) {
		t.Errorf("told %q", places(got))
	}
	unknown := unusable(t, p, p.Naming("second-key", dpp.NewUploadID()))
	for what, id := range map[string]dpp.UploadID{"another tenant's": foreign.ID, "an expired one": old.ID, "a malformed one": "upl_"} {
		if r := unusable(t, p, p.Naming("second-key", id)); !reflect.DeepEqual(r, unknown) {
			t.Errorf("%s is told as %+v, an unknown one as %+v", what, r, unknown)
		}
	}
	if r := unusable(t, p, p.Naming("third-key", absent.ID)); r.Hint == "" || !reflect.DeepEqual(places(r), []string{"/inputs/files/0 not_arrived"}) {
		t.Errorf("before the bytes: %+v", r)
	}
	p.Arrive(absent, "a text")
	if _, err := p.Service.Submit(t.Context(), p.Naming("third-key", absent.ID)); err != nil {
		t.Errorf("after the bytes, with the same key: %v", err)
	}
	p.Audit()
}

func TestOnlySoManyPlacesAreTold(t *testing.T) {
	p := open(t, platform.Options{})
	request := p.Naming("many-key", slices.Repeat([]dpp.UploadID{dpp.NewUploadID()}, 50)...)
	if r := unusable(t, p, request); len(r.Fields) != 20 {
		t.Errorf("%d places", len(r.Fields))
	}
}

func TestARunNamesSoManyUploadsAtMost(t *testing.T) {
	p := open(t, platform.Options{})
	var ids []dpp.UploadID
	for range 101 {
		ids = append(ids, dpp.NewUploadID())
	}
	_, err := p.Service.Submit(t.Context(), p.Naming("many-key", ids...))
	if r := refusal(t, err); r.Reason != dpp.ReasonValidationFailed || !reflect.DeepEqual(places(r), []string{"/inputs/files/100 too_many"}) {
		t.Errorf("%+v", r)
	}
}

func TestAReplayAsksForNoUpload(t *testing.T) {
	p := open(t, platform.Options{})
	u := p.Upload(p.Key, "a text")
	request := p.Naming("first-key", u.ID)
	first, err := p.Service.Submit(t.Context(), request)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Ports.Blob.DeletePrefix(t.Context(), u.ObjectPrefix()); err != nil {
		t.Fatal(err)
	}
	p.Age(day)
	again, err := p.Service.Submit(t.Context(), request)
	if err != nil || !again.Replayed || again.Run.ID != first.Run.ID {
		t.Errorf("%+v, %v", again, err)
	}
	other := p.Naming("first-key", u.ID, u.ID)
	_, err = p.Service.Submit(t.Context(), other)
	if r := refusal(t, err); r.Reason != dpp.ReasonIdempotencyConflict || r.RunID != first.Run.ID {
		t.Errorf("%+v", r)
	}
}

// heads is an object store that counts how many are asked for at once.
type heads struct {
	blob.Store
	away bool

	mu              sync.Mutex
	now, most, over int
	enough          chan struct{} // closed once as many are under way as may
}

func (h *heads) Head(ctx context.Context, key string) (blob.Info, error) {
	if h.away {
		return blob.Info{}, errors.New("no answer")
	}
	h.mu.Lock()
	h.now++
	if h.most = max(h.most, h.now); h.now == 8 && h.over == 0 {
		close(h.enough)
	}
	h.mu.Unlock()
	<-h.enough
	defer func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.now, h.over = h.now-1, h.over+1
	}()
	return h.Store.Head(ctx, key)
}

func headed(t *testing.T) (*platform.Platform, *heads) {
	t.Helper()
	var h *heads
	p := open(t, platform.Options{Wrap: func(ports runs.Ports) runs.Ports {
		h = &heads{Store: ports.Blob, enough: make(chan struct{})}
		ports.Blob = h
		return ports
	}})
	return p, h
}

func TestSomeUploadsAreLookedForAtOnce(t *testing.T) {
	p, h := headed(t)
	var ids []dpp.UploadID
	for range 20 {
		ids = append(ids, p.Upload(p.Key, "a text").ID)
	}
	if _, err := p.Service.Submit(t.Context(), p.Naming("many-key", ids...)); err != nil {
		t.Fatal(err)
	}
	if h.most != 8 || h.over != 20 {
		t.Errorf("%d at once, %d in all", h.most, h.over)
	}
}

func TestNobodyKnowsWhileTheObjectStoreIsAway(t *testing.T) {
	p, h := headed(t)
	u := p.Upload(p.Key, "a text")
	h.away = true
	var r *runs.Refusal
	_, err := p.Service.Submit(t.Context(), p.Naming("away-key", u.ID))
	if !errors.Is(err, runs.ErrBlob) || errors.As(err, &r) {
		t.Errorf("%v", err)
	}
	if a := p.Account(p.Key); a.Held != 0 {
		t.Errorf("%s are held", a.Held)
	}
}

// slow is a store in which time passes between the look at uploads and the commit.
type slow struct {
	store.Store
	pass func()
}

func (s *slow) UploadsByID(ctx context.Context, ids []dpp.UploadID) ([]store.KnownUpload, error) {
	defer s.pass()
	return s.Store.UploadsByID(ctx, ids)
}

func TestAnUploadThatExpiresOnTheWayIsRefused(t *testing.T) {
	var s *slow
	p := open(t, platform.Options{Wrap: func(ports runs.Ports) runs.Ports {
		s = &slow{Store: ports.Store}
		ports.Store = s
		return ports
	}})
	s.pass = func() { p.Age(day) }
	unusable(t, p, p.Naming("late-key", p.Upload(p.Key, "a text").ID))
	p.Audit()
}

func dropped(t *testing.T, p *platform.Platform, want int) {
	t.Helper()
	if n, err := p.Service.DropUploads(t.Context()); err != nil || n != want {
		t.Fatalf("dropped %d, %v; want %d", n, err, want)
	}
}

// left tells whether an upload's row and its object are there.
func left(t *testing.T, p *platform.Platform, u dpp.Upload) (row, object bool) {
	t.Helper()
	known, err := p.Ports.Store.UploadsByID(t.Context(), []dpp.UploadID{u.ID})
	if err != nil {
		t.Fatal(err)
	}
	_, err = p.Ports.Blob.Head(t.Context(), u.ObjectKey())
	return len(known) > 0, err == nil
}

func TestUploadsAreKeptForThoseWhoUseThem(t *testing.T) {
	p := open(t, platform.Options{})
	used, unused, empty := p.Upload(p.Key, "used"), p.Upload(p.Key, "unused"), p.Announce(p.Key, "never sent")
	var ids []dpp.RunID
	for _, key := range []string{"first-key", "second-key"} {
		receipt, err := p.Service.Submit(t.Context(), p.Naming(key, used.ID))
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, receipt.Run.ID)
	}
	dropped(t, p, 0)
	p.Age(day)
	dropped(t, p, 2)
	dropped(t, p, 0)
	for _, u := range []dpp.Upload{unused, empty} {
		if row, object := left(t, p, u); row || object {
			t.Errorf("left: row %t, object %t", row, object)
		}
	}
	for _, id := range ids { // each ends and is purged by itself
		if row, object := left(t, p, used); !row || !object {
			t.Errorf("of one that is used is left: row %t, object %t", row, object)
		}
		if _, err := p.Service.Cancel(t.Context(), p.Key, id); err != nil {
			t.Fatal(err)
		}
		p.Age(31 * day)
		if n, err := p.Service.Retain(t.Context()); err != nil || n != 1 {
			t.Fatal(n, err)
		}
		p.Audit()
		if id == ids[0] {
			dropped(t, p, 0)
		}
	}
	dropped(t, p, 1)
	if row, object := left(t, p, used); row || object {
		t.Errorf("after its last run is left: row %t, object %t", row, object)
	}
	p.Audit()
}

func TestAnObjectThatCannotBeDeletedKeepsItsRow(t *testing.T) {
	var stuck *undeletable
	p := open(t, platform.Options{Wrap: func(ports runs.Ports) runs.Ports {
		stuck = &undeletable{Store: ports.Blob}
		ports.Blob = stuck
		return ports
	}})
	u, other := p.Upload(p.Key, "a text"), p.Upload(p.Key, "another")
	stuck.prefix = u.ObjectPrefix()
	p.Age(day)
	dropped(t, p, 1)
	if row, object := left(t, p, u); !row || !object {
		t.Errorf("row %t, object %t", row, object)
	}
	if row, object := left(t, p, other); row || object {
		t.Errorf("its neighbour: row %t, object %t", row, object)
	}
	stuck.prefix = ""
	dropped(t, p, 1)
}

type undeletable struct {
	blob.Store
	prefix string
}

func (u *undeletable) DeletePrefix(ctx context.Context, prefix string) error {
	if prefix == u.prefix {
		return errors.New("no answer")
	}
	return u.Store.DeletePrefix(ctx, prefix)
}
