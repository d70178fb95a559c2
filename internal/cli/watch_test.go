package cli

import (
	"strings"
	"testing"

	"dpp"
)

func processing(done, total int64) dpp.RunView {
	return dpp.RunView{Status: dpp.StatusProcessing, Progress: &dpp.Progress{Done: done, Total: total, Unit: "page", Used: 10_000}}
}

func TestProgressOnATerminalIsOneLine(t *testing.T) {
	var out strings.Builder
	line := &progressLine{out: &out, width: 40}
	for _, run := range []dpp.RunView{{Status: dpp.StatusQueued}, processing(1, 4), processing(1, 4), processing(4, 4)} {
		line.tell(&run)
	}
	line.clear()
	line.clear()
	want := eraseLine + "QUEUED" +
		eraseLine + "PROCESSING  [#####...............] 1/4 " +
		eraseLine + "PROCESSING  [####################] 4/4 " + eraseLine
	if out.String() != want {
		t.Errorf("got  %q\nwant %q", out.String(), want)
	}
}

func TestProgressElsewhereIsALineForEachChange(t *testing.T) {
	var out strings.Builder
	line := &progressLine{out: &out}
	odd := processing(5, 0)
	odd.Progress.Unit = "pa\x1bge\n"
	for _, run := range []dpp.RunView{{Status: dpp.StatusQueued}, {Status: dpp.StatusQueued}, processing(1, 2), odd, {Status: dpp.StatusCompleted, Terminal: true}} {
		line.tell(&run)
	}
	line.clear()
	want := "QUEUED\nPROCESSING  [##########..........] 1/2 page, 0.0100 USD\nPROCESSING  5/0 pa?ge , 0.0100 USD\nCOMPLETED\n"
	if out.String() != want {
		t.Errorf("got  %q\nwant %q", out.String(), want)
	}
}

func TestProgressGoesBesideTheOutput(t *testing.T) {
	run := "GET /v1/runs/" + runID
	for width, want := range map[int]string{
		0:  "QUEUED\nCOMPLETED\n",
		80: eraseLine + "QUEUED" + eraseLine + "COMPLETED" + eraseLine,
	} {
		b, _ := online(t, answers{run: inTurn(says(runDoc("QUEUED", 1, "")), says(runDoc("COMPLETED", 3, "")))})
		b.width = width
		if o := b.run("run", "watch", runID); o.code != exitDone || o.err != want || !strings.HasPrefix(o.out, runID) {
			t.Errorf("width %d: exit %d, %q, %q", width, o.code, o.out, o.err)
		}
	}
	b, _ := online(t, answers{run: says(runDoc("COMPLETED", 3, ""))})
	if o := b.run("run", "watch", runID, "--json"); o.err != "" {
		t.Errorf("with --json: %q", o.err)
	}
}

func TestBarsStayInsideTheirEnds(t *testing.T) {
	for _, p := range []dpp.Progress{{Done: 0, Total: 0}, {Done: -1, Total: 5}, {Done: 6, Total: 5}, {Done: 1 << 62, Total: 1<<63 - 1}, {Done: 5, Total: 5}} {
		if got := bar(&p); got != "" && len(got) != barWidth+3 {
			t.Errorf("%+v: %q", p, got)
		}
	}
}
