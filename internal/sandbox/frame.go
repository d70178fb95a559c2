package sandbox

import (
	"encoding/binary"
	"errors"
	"io"
)

// frameKind is what a frame is for. A child that sends anything else is not one of ours, or no longer.
type frameKind byte

const (
	frameSetup    frameKind = 'S' // to the child, first: its limits
	frameReady    frameKind = 'R' // from the child: the limits hold
	frameJob      frameKind = 'J' // to the child: kind and request
	framePrepare  frameKind = 'C' // to the child: the kind whose engine it prepares, and no job
	frameAccepted frameKind = 'A' // from the child: prepared, the job begins
	frameAnswer   frameKind = 'O' // from the child: goesOn or retires, then the handler's answer
	frameFailure  frameKind = 'F' // from the child: goesOn or retires, then the handler's error
)

// The first byte of an answer or a failure.
const (
	goesOn  = 0 // the child waits for the next job
	retires = 1 // it has done its number of jobs, or has grown
)

// maxKind bounds the name of a kind of job, whose length is a job's first byte.
const maxKind = 64

// frame is a message between parent and child: one byte of kind, four of length in
// network order, then the body.
type frame struct {
	kind frameKind
	body []byte
}

const headerBytes = 5

var (
	errFrameKind = errors.New("sandbox: a frame of no known kind")
	errFrameSize = errors.New("sandbox: a frame that is too large")
)

// readFrame reads one frame with at most limit bytes of body. It holds no more memory
// than a body that may be there. The error is errFrameKind, errFrameSize, io.EOF where
// the stream ended between frames, io.ErrUnexpectedEOF inside of one, or the reader's.
func readFrame(r io.Reader, limit int) (frame, error) {
	var header [headerBytes]byte
	if _, err := io.ReadFull(r, header[:]); err != nil {
		return frame{}, err
	}
	f := frame{kind: frameKind(header[0])}
	switch f.kind {
	case frameSetup, frameReady, frameJob, framePrepare, frameAccepted, frameAnswer, frameFailure:
	default:
		return frame{}, errFrameKind
	}
	size := binary.BigEndian.Uint32(header[1:])
	if uint64(size) > uint64(max(limit, 0)) {
		return frame{}, errFrameSize
	}
	f.body = make([]byte, size)
	if _, err := io.ReadFull(r, f.body); err != nil {
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return frame{}, err
	}
	return f, nil
}

// writeFrame writes one frame, whose body is that of all parts.
func writeFrame(w io.Writer, kind frameKind, parts ...[]byte) error {
	size := 0
	for _, part := range parts {
		size += len(part)
	}
	header := [headerBytes]byte{byte(kind)}
	binary.BigEndian.PutUint32(header[1:], uint32(size))
	if _, err := w.Write(header[:]); err != nil {
		return err
	}
	for _, part := range parts {
		if _, err := w.Write(part); err != nil {
			return err
		}
	}
	return nil
}
