package storetest

import (
	"maps"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"dpp"
	"dpp/internal/store"
)

// testUploadModel does random things to uploads and to a model of them, and compares
// what is left after each. One store serves all sequences; each has tenants of its own.
func testUploadModel(t *testing.T, h Harness) {
	w := newWorld(t, h)
	rapid.Check(t, func(rt *rapid.T) {
		m := &uploadModel{T: rt, w: w, uploads: make(map[dpp.UploadID]*modelUpload), uses: make(map[dpp.RunID]*modelUse)}
		m.tenants = []dpp.TenantID{w.newTenant(100 * dpp.USD), w.newTenant(100 * dpp.USD)}
		for range rapid.IntRange(1, 20).Draw(rt, "steps") {
			actions := []func(){m.announce, m.announce, m.submit, m.submit, m.end, m.remove, m.wait}
			actions[rapid.IntRange(0, len(actions)-1).Draw(rt, "action")]()
			m.compare()
		}
	})
	w.checkBooks()
}

type modelUpload struct {
	tenant  dpp.TenantID
	expires time.Time
	gone    bool
}

// modelUse is a run with the uploads that it named.
type modelUse struct {
	run     dpp.Run
	uploads []dpp.UploadID
	purged  bool
}

type uploadModel struct {
	*rapid.T
	w       *world
	tenants []dpp.TenantID
	ids     []dpp.UploadID // in the order of their announcement, with those that were refused
	runs    []dpp.RunID
	uploads map[dpp.UploadID]*modelUpload
	uses    map[dpp.RunID]*modelUse
}

func (m *uploadModel) must(err error) {
	if err != nil {
		m.Helper()
		m.Fatal(err)
	}
}

func (m *uploadModel) tenant() dpp.TenantID { return rapid.SampledFrom(m.tenants).Draw(m.T, "tenant") }

func (m *uploadModel) expired(id dpp.UploadID) bool {
	return !m.uploads[id].expires.After(m.w.clock.Now())
}

func (m *uploadModel) used(id dpp.UploadID) bool {
	for _, use := range m.uses {
		if !use.purged && slices.Contains(use.uploads, id) {
			return true
		}
	}
	return false
}

// unused counts what an account has that has not expired and that no run uses.
func (m *uploadModel) unused(tenant dpp.TenantID) (n int64) {
	for id, u := range m.uploads {
		if u.tenant == tenant && !u.gone && !m.expired(id) && !m.used(id) {
			n++
		}
	}
	return n
}

func (m *uploadModel) announce() {
	var batch []store.NewUpload
	for range rapid.IntRange(1, 3).Draw(m.T, "uploads") {
		item := announcementOf(m.tenant())
		item.TTL = rapid.SampledFrom([]time.Duration{time.Minute, time.Hour}).Draw(m.T, "TTL")
		item.MaxUnused = rapid.SampledFrom([]int64{0, 1, 3}).Draw(m.T, "bound")
		batch = append(batch, item)
	}
	out, err := m.w.store.CreateUploads(m.w.Context(), batch)
	m.must(err)
	for i, item := range batch {
		u := item.Upload
		m.ids = append(m.ids, u.ID)
		refused := item.MaxUnused > 0 && m.unused(u.Tenant) >= item.MaxUnused
		if (out[i].Reason == dpp.ReasonRateLimited) != refused {
			m.Fatalf("outcome %q beside %d unused, of which there may be %d", out[i].Reason, m.unused(u.Tenant), item.MaxUnused)
		}
		if !refused {
			m.uploads[u.ID] = &modelUpload{tenant: u.Tenant, expires: m.w.clock.Now().Add(item.TTL)}
		}
	}
}

func (m *uploadModel) submit() {
	var batch []store.Submission
	for range rapid.IntRange(1, 3).Draw(m.T, "submissions") {
		item := submissionOf(m.tenant(), "key of "+string(dpp.NewRunID()), dpp.SmallestReservation)
		if len(m.ids) > 0 {
			item.Uploads = rapid.SliceOfN(rapid.SampledFrom(m.ids), 0, 3).Draw(m.T, "named")
		}
		batch = append(batch, item)
	}
	out, err := m.w.store.Submit(m.w.Context(), batch)
	m.must(err)
	for i, item := range batch {
		usable := !slices.ContainsFunc(item.Uploads, func(id dpp.UploadID) bool {
			u := m.uploads[id]
			return u == nil || u.gone || u.tenant != item.Run.Tenant || m.expired(id)
		})
		if (out[i].Verdict == store.Accepted) != usable || (out[i].Reason == dpp.ReasonUploadUnusable) == usable {
			m.Fatalf("verdict %d %s, all usable: %t", out[i].Verdict, out[i].Reason, usable)
		}
		if usable {
			m.uses[item.Run.ID] = &modelUse{run: out[i].Run, uploads: item.Uploads}
			m.runs = append(m.runs, item.Run.ID)
		}
	}
}

// end purges a run, which may have ended or not.
func (m *uploadModel) end() {
	if len(m.runs) == 0 {
		return
	}
	use := m.uses[rapid.SampledFrom(m.runs).Draw(m.T, "run")]
	if !use.run.Status.Terminal() && rapid.Bool().Draw(m.T, "ends") {
		out, err := m.w.store.Transition(m.w.Context(), []store.Transition{ending(use.run, dpp.StatusCanceled, 0)})
		m.must(err)
		use.run = out[0].Run
	}
	m.must(m.w.store.Purge(m.w.Context(), []dpp.RunID{use.run.ID}))
	use.purged = use.purged || use.run.Status.Terminal()
}

// remove asks for the deletion of any uploads.
func (m *uploadModel) remove() {
	if len(m.ids) == 0 {
		return
	}
	named := rapid.SliceOfN(rapid.SampledFrom(m.ids), 1, 5).Draw(m.T, "deleted")
	m.must(m.w.store.DeleteUploads(m.w.Context(), named))
	for _, id := range named {
		if u := m.uploads[id]; u != nil && m.expired(id) && !m.used(id) {
			u.gone = true
		}
	}
}

func (m *uploadModel) wait() {
	m.w.clock.advance(rapid.SampledFrom([]time.Duration{time.Millisecond, time.Minute, 30 * time.Minute}).Draw(m.T, "while"))
}

// compare reads all uploads of this sequence back.
func (m *uploadModel) compare() {
	known, err := m.w.store.UploadsByID(m.w.Context(), m.ids)
	m.must(err)
	got, want := make(map[dpp.UploadID][2]bool), make(map[dpp.UploadID][2]bool)
	for _, u := range known {
		got[u.ID] = [2]bool{u.Expired, u.Used}
	}
	left := make(map[dpp.UploadID]bool)
	for id, u := range m.uploads {
		if !u.gone {
			want[id] = [2]bool{m.expired(id), m.used(id)}
			left[id] = m.expired(id) && !m.used(id)
		}
	}
	if !maps.Equal(got, want) {
		m.Fatalf("expired and used:\ngot  %v\nwant %v", got, want)
	}
	unused, err := m.w.store.UnusedUploads(m.w.Context(), 100_000)
	m.must(err)
	for _, u := range unused {
		if m.uploads[u.ID] != nil && !left[u.ID] {
			m.Fatalf("%s counts as left behind", u.ID)
		}
		delete(left, u.ID)
	}
	for id, behind := range left {
		if behind {
			m.Fatalf("%s does not count as left behind", id)
		}
	}
}
