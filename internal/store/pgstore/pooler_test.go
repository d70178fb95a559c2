package pgstore

import (
	"errors"
	"testing"
	"time"

	"dpp"
	"dpp/internal/store"
	"dpp/test/servers"
)

func TestBehindAPooler(t *testing.T) {
	t.Parallel()
	plain := servers.PgBouncer(t, servers.Postgres(t))
	url := plain + "&default_query_exec_mode=cache_describe"
	must(t, Migrate(t.Context(), url))
	if all, err := Status(t.Context(), url); err != nil || len(all) != schemaVersion || all[0].AppliedAt.IsZero() {
		t.Errorf("status: %+v, %v", all, err)
	}
	s := open(t, url, nil)
	if about, err := s.About(t.Context()); err != nil || about.Missing != 0 {
		t.Errorf("about: %+v, %v", about, err)
	}
	tenant := newTenant(t, s, 100*dpp.USD)
	together(8, func(int) { wholeLives(t, s, tenant, 3) })
	listed, err := s.ListRuns(t.Context(), store.ListQuery{Tenant: tenant, Live: true, Status: dpp.StatusCompleted, Limit: 100})
	must(t, err)
	if len(listed) != 8*3 {
		t.Errorf("%d runs were completed", len(listed))
	}
	sealed, err := s.Seal(t.Context(), 1000)
	must(t, err)
	if sealed != 1+8*3*3 {
		t.Errorf("%d entries were sealed", sealed)
	}
	checkBooks(t, s)
	testPlainPooler(t, plain)
}

// testPlainPooler has two clients prepare the same statement on one connection of
// the pooler's.
func testPlainPooler(t *testing.T, url string) {
	t.Helper()
	var said error
	for range 4 {
		s, err := Connect(url, Options{Connections: 1})
		must(t, err)
		said = errors.Join(said, s.Ping(t.Context()))
		must(t, s.Close())
	}
	if !errors.Is(said, ErrPooler) || !errors.Is(said, store.ErrUnavailable) {
		t.Errorf("with prepared statements: %v", said)
	}
}

// wholeLives takes n runs from their submission to their end.
func wholeLives(t *testing.T, s *Store, tenant dpp.TenantID, n int) {
	ctx := t.Context()
	batch := submissions(tenant, string(dpp.NewKeyID()), n)
	if _, err := s.Submit(ctx, batch); err != nil {
		t.Error(err)
	}
	free := slots(string(dpp.NewKeyID()), n)
	for i := range free {
		free[i].Run = batch[i].Run.ID
	}
	work, err := s.Claim(ctx, free)
	if err != nil {
		t.Error(err)
	}
	for _, c := range work {
		if c == nil {
			t.Error("a run that waits was not given")
			continue
		}
		if held, err := s.Heartbeat(ctx, []store.Beat{{Run: c.Run.ID, Token: c.Token, TTL: time.Minute}}); err != nil || !held[0] {
			t.Errorf("heartbeat: %v, %v", held, err)
		}
		if out, err := s.Transition(ctx, []store.Transition{ending(c)}); err != nil || !out[0].Happened {
			t.Errorf("end: %+v, %v", out, err)
		}
	}
}
