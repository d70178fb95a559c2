package ocrpack

import (
	"fmt"
	"strings"
	"testing"

	"dpp"
	"dpp/internal/pack/packtest"
)

// Which pages are shown follows from their order alone.
func TestTheFirstPagesAreShown(t *testing.T) {
	j, _ := jobOf(dpp.USD, inputsOf(`,"annotate":true`, pdfOf("bsts"), inline(tiffHead, strings.Repeat("s", maxAnnotated), "")))
	outcome, err := (&library{}).pack().Run(t.Context(), j)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for i, d := range dataOf(t, outcome).Documents {
		for _, p := range d.Pages {
			want := fmt.Sprintf("page-%d-%d.png", i, p.Number)
			if n++; n > maxAnnotated {
				want = ""
			}
			if p.Content != nil && p.Annotated != want {
				t.Errorf("page %d of %s is shown as %q, want %q", p.Number, d.Name, p.Annotated, want)
			}
		}
	}
	if len(outcome.Artifacts) != maxAnnotated-1 { // one is broken
		t.Errorf("%d artifacts", len(outcome.Artifacts))
	}
}

func TestPicturesThatFindNoRoomAreNamed(t *testing.T) {
	shown := func(name string, bytes int) *Page {
		return &Page{Content: &Content{Annotated: name, picture: make([]byte, bytes)}}
	}
	pages := []*Page{shown("a", maxShelf-10), {Error: noEngine()}, {Content: &Content{}}, shown("b", 11), shown("c", 10)}
	kept, left := shelve(pages)
	if len(kept) != 2 || kept[0].Name != "a" || kept[1].Name != "c" || len(left) != 1 || left[0].Item != "b" || pages[3].Annotated != "" {
		t.Errorf("%d kept, %+v left", len(kept), left)
	}
}

// Results of many pages go into artifacts, and keep their form.
func TestLongResultsAreSpilled(t *testing.T) {
	j, _ := jobOf(10*dpp.USD, inputsOf(`,"output":["words","blocks","markdown"],"find":[{"name":"n","pattern":"."}]`, pdfOf(strings.Repeat("t", maxPages))))
	outcome, err := (&library{}).pack().Run(t.Context(), j)
	if err != nil {
		t.Fatal(err)
	}
	d := dataOf(t, outcome)
	if len(d.Found) != maxFound {
		t.Errorf("%d hits", len(d.Found))
	}
	for _, p := range d.Documents[0].Pages {
		p.Text = strings.Repeat("long ", 1000)
	}
	if sealed := packtest.Seal(t, newManifest(nil), outcome); len(sealed.Artifacts) == 0 {
		t.Error("nothing spilled")
	}
}
