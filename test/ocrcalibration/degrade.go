package main

import (
	"bytes"
	"image"
	"image/jpeg"
	"math/rand/v2"

	"dpp/internal/document/picture"
	"dpp/internal/number"
)

// way is one of those in which a page becomes hard to read.
type way struct {
	name string
	do   func(*picture.Gray) (*picture.Gray, error)
}

// ways are what scanners, cameras and mailers do to pages, from hardly seen to hardly
// read.
func ways() []way {
	return []way{
		{"as it is", whole()},
		{"noise 25", whole(noise(25))},
		{"noise 40", whole(noise(40))},
		{"noise 55", whole(noise(55))},
		{"dirt 1%", whole(dirt(0.01))},
		{"dirt 3%", whole(dirt(0.03))},
		{"blur 2", whole(blur(2))},
		{"blur 3", whole(blur(3))},
		{"blur 4", whole(blur(4))},
		{"blur 5", whole(blur(5))},
		{"100 dpi", whole(resolution(100))},
		{"75 dpi", whole(resolution(75))},
		{"60 dpi", whole(resolution(60))},
		{"50 dpi", whole(resolution(50))},
		{"42 dpi", whole(resolution(42))},
		{"60 dpi, noise 15", whole(resolution(60), noise(15))},
		{"60 dpi, JPEG 25", whole(resolution(60), packed(25))},
		{"JPEG 10", whole(packed(10))},
		{"100 dpi, JPEG 15", whole(resolution(100), packed(15))},
		{"faint", whole(contrast(0.15), noise(6))},
		{"blur 3, noise 40", whole(blur(3), noise(40))},
		{"75 dpi, noise 25", whole(resolution(75), noise(25))},
		{"skew 4, noise 30", whole(skew(4), noise(30))},
		{"a picture beside", whole(beside)},
	}
}

type step func(*picture.Gray) (*picture.Gray, error)

// whole takes all steps after each other.
func whole(steps ...step) step {
	return func(g *picture.Gray) (*picture.Gray, error) {
		for _, each := range steps {
			var err error
			if g, err = each(g); err != nil {
				return nil, err
			}
		}
		return g, nil
	}
}

func copyOf(g *picture.Gray) *picture.Gray {
	out := *g
	out.Pix = bytes.Clone(g.Pix)
	return &out
}

func random(part uint64) *rand.Rand {
	return rand.New(rand.NewPCG(number.Stream(1, part)))
}

// noise adds a normal deviation, in shades of 256, to each pixel.
func noise(deviation float64) step {
	return func(g *picture.Gray) (*picture.Gray, error) {
		out, from := copyOf(g), random(uint64(deviation))
		for i, shade := range out.Pix {
			out.Pix[i] = byte(min(max(float64(shade)+float64(from.NormFloat64()*deviation), 0), 255))
		}
		return out, nil
	}
}

// dirt makes a share of pixels black or white.
func dirt(share float64) step {
	return func(g *picture.Gray) (*picture.Gray, error) {
		out, from := copyOf(g), random(uint64(share*1000))
		for i := range out.Pix {
			if from.Float64() < share {
				out.Pix[i] = byte(255 * from.IntN(2))
			}
		}
		return out, nil
	}
}

// blur takes the mean of a square around each pixel, twice.
func blur(radius int) step {
	return func(g *picture.Gray) (*picture.Gray, error) {
		for range 2 {
			g = sideways(sideways(g, radius).Turn(90), radius).Turn(270)
		}
		return g, nil
	}
}

// sideways takes the mean of pixels beside each other.
func sideways(g *picture.Gray, radius int) *picture.Gray {
	out := copyOf(g)
	for y := range g.Height {
		row, to := g.Pix[y*g.Width:][:g.Width], out.Pix[y*g.Width:][:g.Width]
		sum := 0
		for x := -radius; x < g.Width; x++ {
			if x+radius < g.Width {
				sum += int(row[x+radius])
			}
			if x-radius-1 >= 0 {
				sum -= int(row[x-radius-1])
			}
			if x >= 0 {
				to[x] = byte(sum / (min(x+radius, g.Width-1) - max(x-radius, 0) + 1))
			}
		}
	}
	return out
}

// resolution makes a page that was scanned with less.
func resolution(dpi int) step {
	return func(g *picture.Gray) (*picture.Gray, error) {
		return g.Shrink(float64(dpi) / float64(g.DPI)), nil
	}
}

// packed makes a page that was a JPEG of a quality.
func packed(quality int) step {
	return func(g *picture.Gray) (*picture.Gray, error) {
		var file bytes.Buffer
		m := &image.Gray{Pix: g.Pix, Stride: g.Width, Rect: image.Rect(0, 0, g.Width, g.Height)}
		if err := jpeg.Encode(&file, m, &jpeg.Options{Quality: quality}); err != nil {
			return nil, err
		}
		out, err := picture.Decode(file.Bytes(), 1)
		if err == nil {
			out.DPI = g.DPI
		}
		return out, err
	}
}

// contrast leaves a share of it.
func contrast(share float64) step {
	return func(g *picture.Gray) (*picture.Gray, error) {
		out := copyOf(g)
		for i, shade := range out.Pix {
			out.Pix[i] = byte(200 - float64(share*float64(255-int(shade))))
		}
		return out, nil
	}
}

func skew(degrees float64) step {
	return func(g *picture.Gray) (*picture.Gray, error) { return g.Straighten(-degrees), nil }
}

// beside puts a picture below the page, with as much ink as text has.
func beside(g *picture.Gray) (*picture.Gray, error) {
	high := g.Width / 4
	out := &picture.Gray{Width: g.Width, Height: g.Height + high, DPI: g.DPI, Pix: bytes.Clone(g.Pix)}
	from := random(77)
	for y := range high {
		for x := range g.Width {
			shade := 255
			if x > g.Width/3 && x < g.Width*2/3 && y > high/10 && y < high*9/10 {
				shade = 40 + 150*y/high + from.IntN(40)
			}
			out.Pix = append(out.Pix, byte(shade))
		}
	}
	return out, nil
}
