// Package picture decodes foreign images, and makes of them what can be read: gray,
// upright, straight, evenly lit and large enough. It decodes with parsers in Go, which
// may be made to take time and memory: it runs in a child of the sandbox.
package picture

import (
	"errors"
	"fmt"
)

// What keeps an image from being decoded. None of these errors holds anything of it.
var (
	// ErrFormat: it is no PNG, JPEG, TIFF or WebP, or of a kind of it that is not read.
	ErrFormat = errors.New("picture: it is no PNG, JPEG, TIFF or WebP that can be read")
	// ErrTooLarge: it has more pixels or pages than are read, whatever its bytes are.
	ErrTooLarge = fmt.Errorf("picture: it has more than %d pixels, a side of more than %d, or more than %d pages", MaxPixels, MaxSide, MaxPages)
	// ErrDamaged: it says what it is, and is broken.
	ErrDamaged = errors.New("picture: it is damaged")
	// ErrNoPage: it has fewer pages.
	ErrNoPage = errors.New("picture: it has no such page")
)

// Bounds of a picture. They are looked at before anything of it is decoded.
const (
	MaxSide   = 32_767 // pixels
	MaxPixels = 40_000_000
	MaxPages  = 1_000
	// MaxDPI is the finest resolution that is believed, in pixels an inch.
	MaxDPI = maxDPI
	// maxBytes bounds what an image takes while it is decoded, in bytes.
	maxBytes = 160 << 20
)

// Gray is a picture in shades of gray, row by row from the top left, without padding.
type Gray struct {
	Width, Height int
	// DPI is how many pixels an inch of the paper has; 0: unknown.
	DPI int
	// Pix has a byte for each pixel, 0 for black.
	Pix []byte
}

// Check tells whether a picture has a size that can be, and all of its pixels. The error
// is [ErrTooLarge] or [ErrDamaged].
func (g *Gray) Check() error {
	switch {
	case g.Width <= 0 || g.Height <= 0:
		return ErrDamaged
	case !fits(g.Width, g.Height):
		return ErrTooLarge
	case len(g.Pix) != g.Width*g.Height:
		return ErrDamaged
	default:
		return nil
	}
}

func fits(width, height int) bool {
	return width <= MaxSide && height <= MaxSide && width*height <= MaxPixels
}

// blank is a picture of this size, all black, with the resolution of g.
func (g *Gray) blank(width, height int) *Gray {
	return &Gray{Width: width, Height: height, DPI: g.DPI, Pix: make([]byte, width*height)}
}

// row returns the pixels of a row.
func (g *Gray) row(y int) []byte { return g.Pix[y*g.Width : (y+1)*g.Width] }
