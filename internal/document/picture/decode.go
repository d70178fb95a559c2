package picture

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"io"

	"golang.org/x/image/tiff"
	"golang.org/x/image/webp"
)

// format is a kind of image files.
type format struct {
	name   string
	is     func(head []byte) bool
	config func(io.Reader) (image.Config, error)
	decode func(io.Reader) (image.Image, error)
	about  func(content []byte) about
	// buffers is how much the decoder has beside the picture, in pictures.
	buffers int
}

// about is what an image says of itself. What it does not say is 0.
type about struct {
	dpi int
	// orientation is EXIF's number for what is up: 1 to 8.
	orientation int
	// progressive JPEG is kept in another form until all of it was read.
	progressive bool
}

func begins(with string) func([]byte) bool {
	return func(head []byte) bool { return bytes.HasPrefix(head, []byte(with)) }
}

func formats() []format {
	return []format{
		{"png", begins("\x89PNG\r\n\x1a\n"), png.DecodeConfig, png.Decode, aboutPNG, 0},
		{"jpeg", begins("\xff\xd8\xff"), jpeg.DecodeConfig, jpeg.Decode, aboutJPEG, 0},
		{"tiff", isTIFF, tiff.DecodeConfig, tiff.Decode, nil, 1},
		{"webp", isWebP, webp.DecodeConfig, webp.Decode, aboutWebP, 1},
	}
}

func isTIFF(head []byte) bool { return begins("II*\x00")(head) || begins("MM\x00*")(head) }

func isWebP(head []byte) bool {
	return begins("RIFF")(head) && len(head) >= 12 && string(head[8:12]) == "WEBP"
}

func formatOf(content []byte) (format, error) {
	for _, f := range formats() {
		if f.is(content) {
			return f, nil
		}
	}
	return format{}, ErrFormat
}

// Is tells whether bytes begin as those of an image that may be decoded.
func Is(content []byte) bool {
	_, err := formatOf(content)
	return err == nil
}

// Pages returns how many pages an image has: 1, but for TIFF.
func Pages(content []byte) (int, error) {
	f, err := formatOf(content)
	if err != nil || f.name != "tiff" {
		return 1, err
	}
	pages, err := tiffPages(content)
	return len(pages), err
}

// Decode decodes a page of an image, counted from 1, and turns it as the image says that
// it stands. What is transparent is white. The error is one of this package's.
func Decode(content []byte, page int) (*Gray, error) {
	f, err := formatOf(content)
	if err != nil {
		return nil, err
	}
	var in io.ReadSeeker
	var says about
	switch {
	case f.name == "tiff":
		in, says, err = tiffPage(content, page)
	case page == 1:
		in, says = bytes.NewReader(content), f.about(content)
	default:
		err = ErrNoPage
	}
	if err != nil {
		return nil, err
	}
	g, err := f.read(in, says.progressive)
	if err != nil {
		return nil, err
	}
	g.DPI = says.dpi
	return g.upright(says.orientation), nil
}

// read decodes what has no more pixels and takes no more memory than it may.
func (f *format) read(in io.ReadSeeker, progressive bool) (*Gray, error) {
	config, err := f.config(in)
	if err != nil {
		return nil, meaning(err)
	}
	if config.Width <= 0 || config.Height <= 0 {
		return nil, ErrDamaged
	}
	perPixel := bytesPerPixel(config.ColorModel) * (1 + f.buffers)
	if progressive {
		const coefficients = 4 // bytes of one; two of three are mostly shared by four pixels
		perPixel += coefficients
	}
	if !fits(config.Width, config.Height) || config.Width*config.Height*perPixel > maxBytes {
		return nil, ErrTooLarge
	}
	if _, err := in.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	decoded, err := f.decode(in)
	if err != nil {
		return nil, meaning(err)
	}
	if size := decoded.Bounds().Size(); size != image.Pt(config.Width, config.Height) {
		return nil, ErrDamaged
	}
	return grayOf(decoded), nil
}

// meaning puts a decoder's error into this package's words.
func meaning(err error) error {
	var jpegKind jpeg.UnsupportedError
	var pngKind png.UnsupportedError
	var tiffKind tiff.UnsupportedError
	if errors.As(err, &jpegKind) || errors.As(err, &pngKind) || errors.As(err, &tiffKind) {
		return fmt.Errorf("%w: it is of a kind that is seldom used", ErrFormat)
	}
	return ErrDamaged
}

// bytesPerPixel is what a decoded pixel takes.
func bytesPerPixel(model color.Model) int {
	switch model {
	case color.GrayModel:
		return 1
	case color.Gray16Model:
		return 2
	case color.YCbCrModel:
		return 3
	case color.RGBA64Model, color.NRGBA64Model:
		return 8
	}
	if _, ok := model.(color.Palette); ok {
		return 1
	}
	return 4
}
