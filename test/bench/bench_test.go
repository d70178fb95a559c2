package main

import (
	"context"
	"io"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"dpp/test/servers"
)

// The program starts itself as the parts of the platform, which is this one here.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && strings.HasPrefix(os.Args[1], "-part=") {
		main()
		return
	}
	servers.Main(m)
}

// Those that are left out differ from others by a number only, or belong to River, which
// takes long to build.
func TestScenariosAreMeasured(t *testing.T) {
	page := t.TempDir() + "/page.md"
	var said strings.Builder
	o := options{length: 50 * time.Millisecond, rounds: 1, out: page, clients: 4, without: []string{" 1 client", ofOne, "River"}}
	if err := run(o, &said); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range o.chosen(append(embedded(), production(nil)...)) {
		row := "\n| " + s.name + " | "
		none := strings.Contains(string(text), row+"0 |") && !strings.Contains(s.name, "pgbench") // which may need its second to connect
		if none || !strings.Contains(string(text), row) {
			t.Errorf("%s: was not measured", s.name)
		}
	}
	if strings.Count(string(text), " | wanted |") != 1 || strings.Count(string(text), onServers+"submit to settled over HTTP, 256 clients | worker: blob.Put | ") != 1 {
		t.Errorf("the page shows no ratios, or not where the time goes:\n%s", text)
	}
}

func TestEvenRoundsHaveNoMedian(t *testing.T) {
	for _, rounds := range []int{-2, 0, 2, 4} {
		if err := run(options{rounds: rounds, only: "nothing has this name"}, io.Discard); err == nil {
			t.Errorf("%d rounds were made", rounds)
		}
	}
}

func TestWhatPgbenchSaysIsRead(t *testing.T) {
	got, err := rate([]byte("latency average = 1.5 ms\ntps = 1234.5 (without initial connection time)\n"))
	if err != nil || got != 1234.5 {
		t.Errorf("the rate is %v, %v", got, err)
	}
	if _, err := rate([]byte("pgbench: error\n")); err == nil {
		t.Error("a rate was read where there is none")
	}
	dir := t.TempDir()
	for name, text := range map[string]string{"log.1": "0 1 2500 0 1700000000 5\n", "log.1.1": "1 1 500 0 1700000000 5\n", "bad.1": "0 1\n"} {
		if err := os.WriteFile(dir+"/"+name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	took, err := latencies(dir + "/log.*")
	if slices.Sort(took); err != nil || !slices.Equal(took, []time.Duration{500 * time.Microsecond, 2500 * time.Microsecond}) {
		t.Errorf("latencies are %v, %v", took, err)
	}
	if _, err := latencies(dir + "/bad.*"); err == nil {
		t.Error("latencies were read where there are none")
	}
}

// A slow start counts from when the operation was due, not from when it began.
func TestArrivalsAreMeasuredFromWhenTheyAreDue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, err := arrive(t.Context(), 10, func(context.Context, int) error {
			time.Sleep(300 * time.Millisecond)
			return nil
		}, time.Second)
		if err != nil || f.done != 10 || f.p50 != 300*time.Millisecond || f.p99 != f.p50 {
			t.Errorf("%+v, %v; want 10 of 300ms each", f, err)
		}
		if f.length != 1200*time.Millisecond {
			t.Errorf("all took %s, want 1.2s", f.length)
		}
	})
}
