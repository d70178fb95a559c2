package layer

import (
	"image"

	"dpp/internal/document/picture"
	"dpp/internal/document/tesseract"
)

// Look compares a page's words with a picture of the page, in which boxes are smaller by
// scale. On a page without ink its words cover all of it, and stand on none.
func Look(g *picture.Gray, page *tesseract.Page, scale float64) Seen {
	ink := g.Ink()
	words := page.Words()
	if len(words) == 0 {
		return Seen{Inked: 1}
	}
	inked, covered := 0, 0
	for i := range words {
		box := words[i].Box
		around := (box[3] - box[1]) / 6 // what hangs over, and what scans are off by
		n := ink.In(image.Rect(
			int(float64(box[0]-around)*scale), int(float64(box[1]-around)*scale),
			int(float64(box[2]+around)*scale)+1, int(float64(box[3]+around)*scale)+1))
		covered += n
		if n > 0 {
			inked++
		}
	}
	seen := Seen{Inked: float64(inked) / float64(len(words)), Covered: 1}
	if ink.Total > 0 {
		seen.Covered = min(float64(covered)/float64(ink.Total), 1)
	}
	return seen
}
