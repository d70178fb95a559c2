package main

import (
	"net/http"
	"net/http/httptest"
	"sync"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// site is a web site that keeps its visitors waiting until it is told to answer.
type site struct {
	asked, answer chan struct{}
	once          sync.Once
}

type siteKeyType struct{}

var siteKey siteKeyType

func newSite(env *testscript.Env) *site {
	s := &site{asked: make(chan struct{}, 1), answer: make(chan struct{})}
	env.Defer(s.open)
	return s
}

func (s *site) open() { s.once.Do(func() { close(s.answer) }) }

func (s *site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	select {
	case s.asked <- struct{}{}:
	default:
	}
	select {
	case <-s.answer:
		http.Error(w, "there is nothing here", http.StatusNotFound)
	case <-r.Context().Done():
	}
}

func siteOf(ts *testscript.TestScript) *site {
	s, ok := ts.Value(siteKey).(*site)
	if !ok {
		ts.Fatalf("there is no site")
	}
	return s
}

func startSite(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, args, 1, "site NAME")
	s := siteOf(ts)
	server := httptest.NewServer(s)
	ts.Defer(func() {
		s.open()
		server.Close()
	})
	ts.Setenv(args[0], server.URL)
}

func siteAsked(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, args, 0, "site-asked")
	late := time.NewTimer(patience)
	defer late.Stop()
	select {
	case <-siteOf(ts).asked:
	case <-late.C:
		ts.Fatalf("nobody asked the site")
	}
}

func siteAnswer(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, args, 0, "site-answer")
	siteOf(ts).open()
}
