package document

import (
	"context"
	"testing"
	"time"

	"dpp/internal/document/picture"
	"dpp/internal/document/picturetest"
	"dpp/internal/document/tesseract"
)

// slow reads one uncertain word, whatever it sees, and says when it is asked.
type slow struct{ asked func() }

func (s slow) Close() error { return nil }

func (s slow) Read(context.Context, *picture.Gray, tesseract.Segmentation) (*tesseract.Page, error) {
	s.asked()
	word := tesseract.Word{Text: "word", Box: tesseract.Box{1, 1, 9, 4}, Confidence: 0.6}
	line := tesseract.Line{Box: word.Box, Words: []tesseract.Word{word}}
	return &tesseract.Page{Blocks: []tesseract.Block{{Box: line.Box, Paragraphs: []tesseract.Paragraph{{Box: line.Box, Lines: []tesseract.Line{line}}}}}}, nil
}

// What was read is given when the time is over, and no reading is begun that would not
// end before.
func TestReadingsEndInTime(t *testing.T) {
	g := &picture.Gray{Width: 10, Height: 10, Pix: make([]byte, 100)}
	for name, c := range map[string]struct {
		longest time.Duration
		left    time.Duration
		want    int
	}{
		"enough time":         {0, time.Minute, 5}, // four turns, and a block
		"none for the next":   {time.Hour, time.Minute, 0},
		"over after the next": {0, 0, 1},
	} {
		ctx, cancel := context.WithTimeout(t.Context(), max(c.left, time.Minute))
		count := 0
		a := attempts{longest: c.longest, reader: slow{func() {
			if count++; c.left == 0 {
				cancel()
			}
		}}}
		r, err := a.read(ctx, g)
		cancel()
		if count != c.want || (err == nil) != (c.want > 0) || err == nil && r.Page.Text() != "word\n" {
			t.Errorf("%s: %d readings, want %d; %+v, %v", name, count, c.want, r, err)
		}
	}
}

// certain reads one word, which it is sure of, over all of what it sees.
type certain struct{ asked func() }

func (c certain) Close() error { return nil }

func (c certain) Read(_ context.Context, g *picture.Gray, _ tesseract.Segmentation) (*tesseract.Page, error) {
	c.asked()
	word := tesseract.Word{Text: "word", Box: tesseract.Box{0, 0, g.Width, g.Height}, Confidence: 0.95}
	line := tesseract.Line{Box: word.Box, Words: []tesseract.Word{word}}
	return &tesseract.Page{Blocks: []tesseract.Block{{Box: line.Box, Paragraphs: []tesseract.Paragraph{{Box: line.Box, Lines: []tesseract.Line{line}}}}}}, nil
}

// A page is held upright before it is read: however it lay, one reading is enough.
func TestTurnedPagesAreReadOnce(t *testing.T) {
	upright := picture.Of(picturetest.Page(150, picturetest.Letter()...), 150)
	for degrees := 0; degrees < 360; degrees += 90 {
		count := 0
		a := attempts{reader: certain{func() { count++ }}}
		r, err := a.read(t.Context(), upright.Turn(-degrees))
		if err != nil {
			t.Fatal(err)
		}
		if count != 1 || r.Rotation != degrees || r.Width != upright.Width || r.Height != upright.Height {
			t.Errorf("turned by %d: %d readings, rotation %d, %d times %d", -degrees, count, r.Rotation, r.Width, r.Height)
		}
	}
}

// FuzzReading: whatever a child says it has read, what comes out can be.
func FuzzReading(f *testing.F) {
	f.Add([]byte(`{"outcome":"read","reading":{"page":{"blocks":[{"paragraphs":[{"lines":[{"words":[{"text":"a","box":[1,2,3,4],"confidence":0.5}]}]}]}]},"width":10,"height":10,"rotation":90}}`))
	f.Add([]byte(`{"outcome":"read","reading":{"page":{"blocks":[{"paragraphs":[{"lines":[{"words":[{"text":"\u0000","box":[9,2,-3,4],"confidence":7}]}]}]}]},"width":10,"height":-10}}`))
	f.Add([]byte(`{"outcome":"format"}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		r, err := readAnswer(body)
		if err != nil {
			return
		}
		for _, word := range r.Page.Words() {
			b := word.Box
			if word.Text == "" || word.Confidence < 0 || word.Confidence > 1 || b[0] < 0 || b[1] < 0 || b[0] > b[2] || b[1] > b[3] || b[2] > r.Width || b[3] > r.Height {
				t.Errorf("%+v of %d times %d", word, r.Width, r.Height)
			}
		}
		if r.Rotation%90 != 0 || r.Coverage < 0 || r.Coverage > 1 {
			t.Errorf("%+v", r)
		}
	})
}
