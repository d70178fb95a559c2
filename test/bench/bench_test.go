package main

import (
	"os"
	"strings"
	"testing"
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

// Those that are left out differ from others by a number only.
func TestScenariosAreMeasured(t *testing.T) {
	page := t.TempDir() + "/page.md"
	var said strings.Builder
	o := options{length: 50 * time.Millisecond, rounds: 1, out: page, clients: 4, without: []string{" 1 client", ofOne, river32}}
	if err := run(o, &said); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range o.chosen(append(embedded(), production(nil)...)) {
		row := "\n| " + s.name + " | "
		none := strings.Contains(string(text), row+"0 |") && s.name != pgbench32 // which may need its second to connect
		if none || !strings.Contains(string(text), row) {
			t.Errorf("%s: was not measured", s.name)
		}
	}
	if strings.Count(string(text), " | wanted |") != 1 || strings.Count(string(text), onServers+"submit to settled over HTTP, 256 clients | worker: blob.Put | ") != 1 {
		t.Errorf("the page shows no ratios, or not where the time goes:\n%s", text)
	}
}

func TestStatOfAProcessIsRead(t *testing.T) {
	const line = "42 (a) b (c) S 7 42 42 0 -1 4194560 1 2 3 4 100 20 3 4 20 0 1 0 5 6 7"
	pid, its, ok := readStat([]byte(line))
	if !ok || pid != 42 || its.parent != 7 || its.own != 127*tick {
		t.Errorf("read %d, %+v, %v", pid, its, ok)
	}
	for _, short := range []string{"", "42", "42 (a", "42 (a) S 7", "x" + line, strings.Replace(line, " 100 ", " many ", 1)} {
		if _, _, ok := readStat([]byte(short)); ok {
			t.Errorf("%q was read", short)
		}
	}
	all := times{1: {0, time.Second}, 2: {1, time.Second}, 3: {2, time.Second}, 4: {0, time.Second}}
	if sum := all.of(1); sum != 3*time.Second {
		t.Errorf("a process and all below it used %s, want 3s", sum)
	}
}
