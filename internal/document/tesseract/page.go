package tesseract

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// Page is what was read of a picture, in reading order.
type Page struct {
	Blocks []Block `json:"blocks"`
}

// Block is a part of a page that is read by itself, such as a column.
type Block struct {
	Box        Box         `json:"box"`
	Paragraphs []Paragraph `json:"paragraphs"`
}

// Paragraph is one or more lines.
type Paragraph struct {
	Box   Box    `json:"box"`
	Lines []Line `json:"lines"`
}

// Line is one or more words.
type Line struct {
	Box   Box    `json:"box"`
	Words []Word `json:"words"`
}

// Word is what stands between spaces.
type Word struct {
	Text string `json:"text"`
	Box  Box    `json:"box"`
	// Confidence is the engine's own, from 0 to 1. It is no probability.
	Confidence float64 `json:"confidence"`
	// Size is that of the letters, in points, and Bold whether they are heavy: of the words
	// of documents that say it. Engines that see pixels say nothing.
	Size float64 `json:"size,omitzero"`
	Bold bool    `json:"bold,omitzero"`
}

// Box is x0, y0, x1, y1 in pixels from the top left; x1 and y1 are outside.
type Box [4]int

// Words are all words of the page.
func (p *Page) Words() []Word {
	var all []Word
	for _, block := range p.Blocks {
		for _, paragraph := range block.Paragraphs {
			for _, line := range paragraph.Lines {
				all = append(all, line.Words...)
			}
		}
	}
	return all
}

// Text has a space between words, a line for each line, and an empty one between
// paragraphs.
func (p *Page) Text() string {
	var b strings.Builder
	for _, block := range p.Blocks {
		for _, paragraph := range block.Paragraphs {
			if b.Len() > 0 {
				b.WriteByte('\n')
			}
			for _, line := range paragraph.Lines {
				for i, word := range line.Words {
					if i > 0 {
						b.WriteByte(' ')
					}
					b.WriteString(word.Text)
				}
				b.WriteByte('\n')
			}
		}
	}
	return b.String()
}

// Confidence is the mean over all characters, each with that of its word; 0 for a page
// without text.
func (p *Page) Confidence() float64 {
	var sum float64
	count := 0
	for _, word := range p.Words() {
		n := utf8.RuneCountInString(word.Text)
		sum += float64(n) * word.Confidence
		count += n
	}
	if count == 0 {
		return 0
	}
	return sum / float64(count)
}

// Clean holds a page that comes from elsewhere to what a picture of this size can have:
// boxes inside of it, confidences from 0 to 1, words of printable characters.
func (p *Page) Clean(width, height int) {
	for b := range p.Blocks {
		block := &p.Blocks[b]
		block.Box.clean(width, height)
		for i := range block.Paragraphs {
			paragraph := &block.Paragraphs[i]
			paragraph.Box.clean(width, height)
			for l := range paragraph.Lines {
				line := &paragraph.Lines[l]
				line.Box.clean(width, height)
				for w := range line.Words {
					line.Words[w].clean(width, height)
				}
				line.Words = slices.DeleteFunc(line.Words, func(w Word) bool { return w.Text == "" })
			}
		}
	}
	p.prune()
}

// Map moves the box of every word, and puts those of lines, paragraphs and blocks around
// what they hold.
func (p *Page) Map(move func(Box) Box) {
	for b := range p.Blocks {
		block := &p.Blocks[b]
		block.Box = Box{}
		for i := range block.Paragraphs {
			paragraph := &block.Paragraphs[i]
			paragraph.Box = Box{}
			for l := range paragraph.Lines {
				line := &paragraph.Lines[l]
				line.Box = Box{}
				for w := range line.Words {
					word := &line.Words[w]
					word.Box = move(word.Box)
					line.Box.include(word.Box)
				}
				paragraph.Box.include(line.Box)
			}
			block.Box.include(paragraph.Box)
		}
	}
}

// include makes a box large enough for another one.
func (b *Box) include(other Box) {
	if *b == (Box{}) {
		*b = other
		return
	}
	*b = Box{min(b[0], other[0]), min(b[1], other[1]), max(b[2], other[2]), max(b[3], other[3])}
}

func (w *Word) clean(width, height int) {
	w.Text = printable(w.Text)
	w.Box.clean(width, height)
	w.Confidence = min(max(w.Confidence, 0), 1)
	w.Size = min(max(w.Size, 0), maxSize)
}

// maxSize is that of letters as tall as the largest page, in points.
const maxSize = 14_400

func (b *Box) clean(width, height int) {
	for i, most := range [...]int{width, height, width, height} {
		b[i] = min(max(b[i], 0), most)
	}
	b[2], b[3] = max(b[0], b[2]), max(b[1], b[3])
}
