package fetch

import (
	"bufio"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"errors"
	"io"
	"net/http"
	"strings"
)

const chunk = 32 << 10

// bodyReader undoes at most one content encoding and stops at a number of bytes,
// decoded and encoded: an encoding can hide much in little, and little in much.
type bodyReader struct {
	decoded io.Reader
	encoded *io.LimitedReader
	limit   int64
}

func newBodyReader(resp *http.Response, limit int64) (*bodyReader, error) {
	encoded := &io.LimitedReader{R: resp.Body, N: limit + chunk}
	decoded, err := decoder(resp.Header.Values("Content-Encoding"), encoded)
	if err != nil {
		return nil, err
	}
	return &bodyReader{decoded: decoded, encoded: encoded, limit: limit}, nil
}

func decoder(encodings []string, encoded io.Reader) (io.Reader, error) {
	name := strings.ToLower(strings.TrimSpace(strings.Join(encodings, ",")))
	switch name {
	case "", "identity":
		return encoded, nil
	case "gzip", "x-gzip":
		return &lazyReader{open: func() (io.Reader, error) { return gzip.NewReader(encoded) }}, nil
	case "deflate":
		return &lazyReader{open: func() (io.Reader, error) { return openDeflate(encoded) }}, nil
	default:
		return nil, newError(EncodingUnsupported)
	}
}

// openDeflate reads both things that servers call deflate: the zlib format that
// it names, and the bare stream inside it.
func openDeflate(encoded io.Reader) (io.Reader, error) {
	buffered := bufio.NewReader(encoded)
	head, err := buffered.Peek(2)
	if err != nil {
		return nil, err
	}
	if head[0]&0x0f == 8 && (int(head[0])<<8|int(head[1]))%31 == 0 {
		return zlib.NewReader(buffered)
	}
	return flate.NewReader(buffered), nil
}

// lazyReader opens its decoder at the first read, so that an empty body is empty
// whatever it says it is encoded in.
type lazyReader struct {
	open   func() (io.Reader, error)
	reader io.Reader
}

func (l *lazyReader) Read(p []byte) (int, error) {
	if l.reader == nil {
		reader, err := l.open()
		if err != nil {
			return 0, err
		}
		l.reader = reader
	}
	return l.reader.Read(p)
}

// readAll reads to the end or to the limit, telling keep of every piece first.
func (b *bodyReader) readAll(keep func(int) error) (body []byte, truncated bool, err error) {
	buffer := make([]byte, chunk)
	for {
		n, err := b.decoded.Read(buffer)
		if room := b.limit - int64(len(body)); int64(n) > room {
			n, truncated = int(room), true
		}
		if n > 0 && keep != nil {
			if err := keep(n); err != nil {
				return nil, false, callbackError{err}
			}
		}
		body = append(body, buffer[:n]...)
		switch {
		case truncated || err == io.EOF:
			return body, truncated, nil
		case err != nil && b.encoded.N <= 0:
			return body, true, nil // our own bound cut the encoded stream
		case err != nil:
			return nil, false, bodyError(err)
		}
	}
}

func bodyError(err error) *Error {
	var corrupt flate.CorruptInputError
	if errors.As(err, &corrupt) || errors.Is(err, gzip.ErrHeader) || errors.Is(err, gzip.ErrChecksum) ||
		errors.Is(err, zlib.ErrHeader) || errors.Is(err, zlib.ErrChecksum) || errors.Is(err, zlib.ErrDictionary) {
		return newError(DecodingFailed)
	}
	return newError(BodyIncomplete)
}
