package evalpack

import (
	"context"
	"errors"
	"io"
)

// queue gives the rows of a door in chunks, and those again that were given back.
type queue struct {
	door door
	back []record
}

// skip passes over rows that an earlier run has judged.
func (q *queue) skip(ctx context.Context, rows int) error {
	for k := range rows {
		if k%chunkRows == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		if _, err := q.door.next(); err != nil {
			return err
		}
	}
	return nil
}

func (q *queue) take(rows int) ([]record, error) {
	chunk := q.back
	q.back = nil
	for len(chunk) < rows {
		r, err := q.door.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		chunk = append(chunk, r)
	}
	return chunk, nil
}

func (q *queue) giveBack(rows []record) { q.back = append(q.back, rows...) }
