package storetest

import (
	"cmp"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"dpp"
	"dpp/internal/store"
)

var uploads = contract{
	"StoresEverything":          testUploadStores,
	"RepeatedInDoubtIsTheSame":  testUploadRepeat,
	"BoundsWhatIsUnused":        testUploadBound,
	"BoundsAcrossProcesses":     testUploadCrowd,
	"RefusesSuspended":          testUploadSuspended,
	"RefusesUnknownAccount":     testUploadUnknown,
	"ExpiresByTheStoresClock":   testUploadExpiry,
	"UnusedOldestFirst":         testUnusedOrder,
	"DeletesWhatIsLeftBehind":   testDeleteUploads,
	"DeletedByManyAtOnce":       testDeleteCrowd,
	"MalformedUploadFailsBatch": testUploadMalformed,
}

const uploadTTL = 24 * time.Hour

// announcement is a file of the world's tenant, with everything filled in.
func (w *world) announcement() store.NewUpload { return announcementOf(w.tenant) }

func announcementOf(tenant dpp.TenantID) store.NewUpload {
	return store.NewUpload{
		Upload: dpp.Upload{
			ID: dpp.NewUploadID(), Tenant: tenant, Live: true, Name: `a "scan" ü.pdf`, MediaType: "application/pdf", Size: 1234,
			SHA256: strings.Repeat("0f", 32),
		},
		TTL: uploadTTL,
	}
}

func (w *world) announce(items ...store.NewUpload) []store.CreatedUpload {
	w.Helper()
	out, err := w.store.CreateUploads(w.Context(), items)
	w.must(err)
	if len(out) != len(items) {
		w.Fatalf("%d outcomes for %d uploads", len(out), len(items))
	}
	return out
}

// upload announces a file that must be taken.
func (w *world) upload() dpp.Upload {
	w.Helper()
	out := w.announce(w.announcement())[0]
	if out.Reason != "" {
		w.Fatalf("refused: %s", out.Reason)
	}
	return out.Upload
}

// uploadsByID are those that exist, by their identifiers.
func (w *world) uploadsByID(ids ...dpp.UploadID) []store.KnownUpload {
	w.Helper()
	found, err := w.store.UploadsByID(w.Context(), ids)
	w.must(err)
	slices.SortFunc(found, func(a, b store.KnownUpload) int { return cmp.Compare(a.ID, b.ID) })
	return found
}

// known is one upload that must exist.
func (w *world) known(id dpp.UploadID) store.KnownUpload {
	w.Helper()
	found := w.uploadsByID(id)
	if len(found) != 1 {
		w.Fatalf("%d uploads of one identifier", len(found))
	}
	return found[0]
}

func sortUploads(all []dpp.Upload) {
	slices.SortFunc(all, func(a, b dpp.Upload) int { return cmp.Compare(a.ID, b.ID) })
}

func (w *world) unused(limit int) []dpp.UploadID {
	w.Helper()
	found, err := w.store.UnusedUploads(w.Context(), limit)
	w.must(err)
	all := []dpp.UploadID{}
	for _, u := range found {
		w.same("unused upload", u, w.known(u.ID).Upload)
		all = append(all, u.ID)
	}
	return all
}

func uploadReasons(out []store.CreatedUpload) []dpp.Reason {
	all := make([]dpp.Reason, len(out))
	for i := range out {
		all[i] = out[i].Reason
	}
	return all
}

func testUploadStores(w *world) {
	full, bare := w.announcement(), w.announcement()
	bare.Upload.Name, bare.Upload.SHA256, bare.TTL = "", "", time.Hour
	now := w.clock.Now()
	out := w.announce(full, bare)
	for i, item := range []store.NewUpload{full, bare} {
		want := item.Upload
		want.CreatedAt, want.ExpiresAt = now, now.Add(item.TTL)
		w.same("created upload", out[i], store.CreatedUpload{Upload: want})
		w.same("stored upload", w.known(want.ID), store.KnownUpload{Upload: want})
	}
	other, err := w.open().UploadsByID(w.Context(), []dpp.UploadID{full.Upload.ID, "upl_unknown", bare.Upload.ID, full.Upload.ID})
	w.must(err)
	w.same("uploads that another process sees", len(other), 2)
}

func testUploadRepeat(w *world) {
	batch := []store.NewUpload{w.announcement(), w.announcement(), w.announcement()}
	for i := range batch {
		batch[i].MaxUnused = 2
	}
	first := w.announce(batch...)
	w.same("reasons", uploadReasons(first), []dpp.Reason{"", "", dpp.ReasonRateLimited})
	w.clock.advance(time.Minute)
	w.same("repeat", w.announce(batch...), first)
}

func testUploadBound(w *world) {
	bounded := func(tenant dpp.TenantID) store.NewUpload {
		item := announcementOf(tenant)
		item.MaxUnused = 2
		return item
	}
	own := func() store.NewUpload { return bounded(w.tenant) }
	used := w.upload()
	w.accepted(w.naming(used.ID))
	other := w.newTenant(0)
	out := w.announce(own(), bounded(other), own(), own(), bounded(other), w.announcement(), own())
	full := dpp.ReasonRateLimited
	w.same("reasons", uploadReasons(out), []dpp.Reason{"", "", "", full, "", "", full})
	w.same("one at a time", w.announce(own())[0], store.CreatedUpload{Reason: full})
	w.accepted(w.naming(out[0].Upload.ID, out[5].Upload.ID)) // one is left
	w.same("with room for one", uploadReasons(w.announce(own(), own())), []dpp.Reason{"", full})
	w.clock.advance(uploadTTL)
	w.same("once they have expired", uploadReasons(w.announce(own(), own(), own())), []dpp.Reason{"", "", full})
}

func testUploadCrowd(w *world) {
	const callers, each, bound = 4, 6, 7
	processes := []store.Store{w.store, w.open()}
	var taken atomic.Int64
	together(callers, func(i int) {
		for range each {
			item := w.announcement()
			item.MaxUnused = bound
			out, err := processes[i%2].CreateUploads(w.Context(), []store.NewUpload{item})
			switch {
			case err != nil:
				w.Error(err)
			case out[0].Reason == "":
				taken.Add(1)
			}
		}
	})
	w.same("taken", taken.Load(), int64(bound))
}

func testUploadSuspended(w *world) {
	w.must(w.store.SetSuspended(w.Context(), w.tenant, true))
	w.same("outcome", w.announce(w.announcement())[0], store.CreatedUpload{Reason: dpp.ReasonTenantSuspended})
	w.must(w.store.SetSuspended(w.Context(), w.tenant, false))
	w.upload()
}

func testUploadUnknown(w *world) {
	sandbox, nobody := w.announcement(), announcementOf(dpp.NewTenantID())
	sandbox.Upload.Live = false // this tenant has no test account
	for _, out := range w.announce(sandbox, nobody) {
		w.same("outcome", out, store.CreatedUpload{Reason: dpp.ReasonNotFound})
	}
	w.same("uploads", len(w.uploadsByID(sandbox.Upload.ID, nobody.Upload.ID)), 0)
}

func testUploadMalformed(w *world) {
	good, empty := w.announcement(), w.announcement()
	empty.Upload.Size = 0
	if out, err := w.store.CreateUploads(w.Context(), []store.NewUpload{good, empty}); err == nil {
		w.Errorf("taken: %+v", out)
	}
	w.same("uploads", len(w.uploadsByID(good.Upload.ID)), 0)
	w.announce(good)
}

func testUploadExpiry(w *world) {
	u := w.upload()
	w.clock.advance(uploadTTL - time.Millisecond)
	w.same("before its time", w.known(u.ID).Expired, false)
	w.same("unused", w.unused(10), []dpp.UploadID{})
	w.clock.advance(time.Millisecond)
	w.same("at its time", w.known(u.ID).Expired, true)
	w.same("unused then", w.unused(10), []dpp.UploadID{u.ID})
}

func testUnusedOrder(w *world) {
	var all []dpp.UploadID
	for i := range 4 {
		item := w.announcement()
		item.TTL = time.Duration(4-i) * time.Minute
		all = append([]dpp.UploadID{w.announce(item)[0].Upload.ID}, all...)
	}
	w.clock.advance(3 * time.Minute)
	w.same("all that have expired", w.unused(10), all[:3])
	w.same("at most two", w.unused(2), all[:2])
	w.same("none", w.unused(0), []dpp.UploadID{})
}

func testDeleteUploads(w *world) {
	gone, used, fresh := w.upload(), w.upload(), w.announcement()
	fresh.TTL = 2 * uploadTTL
	w.announce(fresh)
	w.accepted(w.naming(used.ID))
	w.clock.advance(uploadTTL)
	all := []dpp.UploadID{gone.ID, used.ID, fresh.Upload.ID, "upl_unknown", gone.ID}
	for range 2 {
		w.must(w.store.DeleteUploads(w.Context(), all))
		left := w.uploadsByID(all...)
		if len(left) != 2 || left[0].ID == gone.ID || left[1].ID == gone.ID {
			w.Errorf("left: %+v", left)
		}
	}
	w.same("unused", w.unused(10), []dpp.UploadID{})
}

func testDeleteCrowd(w *world) {
	const callers = 6
	processes := []store.Store{w.store, w.open()}
	var all []dpp.UploadID
	for range 20 {
		all = append(all, w.upload().ID)
	}
	w.clock.advance(uploadTTL)
	together(callers, func(i int) {
		own := slices.Concat(all[i:], all[:i]) // each in another order
		w.expect(processes[i%2].DeleteUploads(w.Context(), own))
	})
	w.same("left", len(w.uploadsByID(all...)), 0)
}
