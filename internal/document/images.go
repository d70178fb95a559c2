package document

import (
	"bytes"
	"context"
	"math"

	"github.com/go-json-experiment/json"

	"dpp/internal/document/picture"
)

const kindImage = "image"

// outcomeNoFrame: an image file has fewer pages.
const outcomeNoFrame outcome = "no_frame"

// imageRequest stands as one line before the bytes of an image file.
type imageRequest struct {
	Page int `json:"page"` // 0: only how many there are
	Side int `json:"side"` // the longest that is wanted
}

// ImagePages tells how many pages an image file has: all but TIFF have one. Nothing is
// decoded. The error is picture's, one of this package's, the context's, or the sandbox's.
func (d *Documents) ImagePages(ctx context.Context, content []byte) (int, error) {
	var answer layerAnswer
	if err := d.ask(ctx, kindImage, imageRequest{}, content, &answer); err != nil {
		return 0, err
	}
	if answer.Outcome != outcomeRead {
		return 0, answer.Outcome.pictureErr()
	}
	return min(max(answer.PageCount, 1), picture.MaxPages), nil
}

// Decode decodes a page of an image file, counted from 1, upright as the file says, for
// people to look at: no side is longer than side pixels, at most 8000. The error is as that
// of [Documents.ImagePages].
func (d *Documents) Decode(ctx context.Context, content []byte, page, side int) (*picture.Gray, error) {
	if page < 1 || page > picture.MaxPages {
		return nil, picture.ErrNoPage
	}
	const most = 8_000
	return d.pixels(ctx, kindImage, imageRequest{Page: page, Side: min(max(side, 1), most)}, content)
}

// image is this package's side of image files that are not read, in a child.
func doImage(request []byte) ([]byte, error) {
	line, content, ok := bytes.Cut(request, []byte{'\n'})
	var asked imageRequest
	if !ok || json.Unmarshal(line, &asked) != nil {
		return nil, errRequest
	}
	if asked.Page == 0 {
		count, err := picture.Pages(content)
		if err != nil {
			return json.Marshal(layerAnswer{Outcome: outcomeOfImage(err)})
		}
		return json.Marshal(layerAnswer{Outcome: outcomeRead, PageCount: count})
	}
	g, err := picture.Decode(content, asked.Page)
	if err != nil {
		return withHead(pixelAnswer{Outcome: outcomeOfImage(err)}, nil)
	}
	longest := float64(max(g.Width, g.Height))
	g = g.Shrink(min(float64(asked.Side)/longest, math.Sqrt(manyPixels/float64(g.Width*g.Height))))
	return withHead(pixelAnswer{Outcome: outcomeRead, Width: g.Width, Height: g.Height, DPI: g.DPI}, g.Pix)
}

func outcomeOfImage(err error) outcome {
	if o, ok := outcomeOfReading(context.Background(), err); ok {
		if o == outcomeNoPage {
			return outcomeNoFrame
		}
		return o
	}
	return outcomeDamaged
}
