package picture

import (
	"bytes"
	"encoding/binary"
	"io"
)

// Tags of TIFF, which EXIF has, too.
const (
	tagSubfile     = 254 // bit 0: a smaller copy of another page
	tagOrientation = 274
	tagXResolution = 282
	tagUnit        = 296 // 2: inch, 3: centimetre
)

// directory is what is read of a page's entries.
type directory struct {
	order   binary.ByteOrder
	content []byte
	entries []byte // 12 bytes each
	next    uint32
}

const entryBytes = 12

// tiffOrder is the order of bytes that a header names.
func tiffOrder(content []byte) (binary.ByteOrder, bool) {
	switch {
	case len(content) < 8:
		return nil, false
	case begins("II*\x00")(content):
		return binary.LittleEndian, true
	case begins("MM\x00*")(content):
		return binary.BigEndian, true
	default:
		return nil, false
	}
}

// readDirectory reads the directory at an offset.
func readDirectory(content []byte, order binary.ByteOrder, offset uint32) (directory, bool) {
	at := uint64(offset)
	if at < 8 || at+2 > uint64(len(content)) {
		return directory{}, false
	}
	end := at + 2 + entryBytes*uint64(order.Uint16(content[at:]))
	if end > uint64(len(content)) {
		return directory{}, false
	}
	d := directory{order: order, content: content, entries: content[at+2 : end]}
	if end+4 <= uint64(len(content)) { // some writers end with the last entry
		d.next = order.Uint32(content[end:])
	}
	return d, true
}

// entry returns the type and the four bytes of value or offset of a tag.
func (d *directory) entry(tag uint16) (kind uint16, value []byte, ok bool) {
	for e := d.entries; len(e) >= entryBytes; e = e[entryBytes:] {
		if d.order.Uint16(e) == tag {
			return d.order.Uint16(e[2:]), e[8:12], true
		}
	}
	return 0, nil, false
}

// number returns a tag's first value, where that is a whole number.
func (d *directory) number(tag uint16) int {
	kind, value, ok := d.entry(tag)
	switch {
	case ok && kind == 3:
		return int(d.order.Uint16(value))
	case ok && kind == 4:
		return int(d.order.Uint32(value))
	default:
		return 0
	}
}

// ratio returns a tag's first value, where that is one number through another.
func (d *directory) ratio(tag uint16) float64 {
	kind, value, ok := d.entry(tag)
	if !ok || kind != 5 {
		return 0
	}
	at := uint64(d.order.Uint32(value))
	if at+8 > uint64(len(d.content)) {
		return 0
	}
	return float64(d.order.Uint32(d.content[at:])) / float64(max(d.order.Uint32(d.content[at+4:]), 1))
}

func (d *directory) about() about {
	a := about{orientation: d.number(tagOrientation)}
	perUnit := d.ratio(tagXResolution)
	switch d.number(tagUnit) {
	case 0, 2:
		a.dpi = likelyDPI(perUnit)
	case 3:
		a.dpi = likelyDPI(perUnit * 2.54)
	}
	return a
}

// Resolutions that paper is scanned with. What is said beside them, mostly the 72 of
// screens, says nothing of the paper.
const (
	minDPI = 75
	maxDPI = 2_400
)

func likelyDPI(dpi float64) int {
	if dpi < minDPI || dpi > maxDPI {
		return 0
	}
	return int(dpi + 0.5)
}

// tiffPages returns where the directories of pages are. Smaller copies are no pages.
func tiffPages(content []byte) ([]uint32, error) {
	order, ok := tiffOrder(content)
	if !ok {
		return nil, ErrDamaged
	}
	var pages []uint32
	seen := map[uint32]bool{0: true}
	for offset := order.Uint32(content[4:]); !seen[offset]; {
		seen[offset] = true
		d, ok := readDirectory(content, order, offset)
		if !ok {
			break // the pages before it may be whole
		}
		if d.number(tagSubfile)&1 == 0 {
			pages = append(pages, offset)
		}
		if len(seen) > MaxPages+1 {
			return nil, ErrTooLarge
		}
		offset = d.next
	}
	if len(pages) == 0 {
		return nil, ErrDamaged
	}
	return pages, nil
}

// tiffPage returns a file whose first page is the one wanted.
func tiffPage(content []byte, page int) (io.ReadSeeker, about, error) {
	pages, err := tiffPages(content)
	if err != nil {
		return nil, about{}, err
	}
	if page < 1 || page > len(pages) {
		return nil, about{}, ErrNoPage
	}
	order, _ := tiffOrder(content)
	d, _ := readDirectory(content, order, pages[page-1])
	head := bytes.Clone(content[:8])
	order.PutUint32(head[4:], pages[page-1])
	return io.NewSectionReader(&overlay{head, bytes.NewReader(content)}, 0, int64(len(content))), d.about(), nil
}

// overlay reads a file with another beginning.
type overlay struct {
	head []byte
	file io.ReaderAt
}

func (o *overlay) ReadAt(p []byte, offset int64) (int, error) {
	n, err := o.file.ReadAt(p, offset)
	if offset < int64(len(o.head)) {
		copy(p[:n], o.head[offset:])
	}
	return n, err
}
