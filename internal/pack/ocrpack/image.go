package ocrpack

import (
	"context"

	"dpp/internal/document/picture"
)

// image reads the pages of an image file, each by OCR.
func (r *run) image(ctx context.Context, s *state) {
	count, err := r.pack.reader.ImagePages(ctx, s.content)
	if err != nil {
		r.noImage(ctx, s, err)
		return
	}
	if !r.want(s, count) {
		return
	}
	for k, number := range s.wanted {
		read := func(ctx context.Context) (*Content, error) {
			reading, err := r.pack.reader.Image(ctx, s.content, number, r.how())
			if err != nil {
				return nil, err
			}
			return r.fromOCR(ctx, s, k, reading, func() (*picture.Gray, error) {
				return r.pack.reader.Decode(ctx, s.content, number, lookSide)
			})
		}
		if r.stopped(ctx) || !r.start(ctx, s, k, read) {
			return
		}
	}
}

// noImage ends a file that is no image that can be read.
func (r *run) noImage(ctx context.Context, s *state, err error) {
	if ctx.Err() != nil {
		return
	}
	p := meaning(ctx, err)
	if p == nil {
		p = notRead()
	}
	r.refuse(s, p)
}
