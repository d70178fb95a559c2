package picture

import (
	"bytes"
	"encoding/binary"
)

// aboutPNG reads how many pixels a metre has, and EXIF.
func aboutPNG(content []byte) (a about) {
	const inch = 0.0254 // metres
	for rest := content[8:]; len(rest) >= 12; {
		size := int64(binary.BigEndian.Uint32(rest))
		if size > int64(len(rest)-12) {
			break
		}
		body := rest[8 : 8+size]
		switch kind := string(rest[4:8]); {
		case kind == "pHYs" && len(body) == 9 && body[8] == 1:
			a.dpi = likelyDPI(float64(binary.BigEndian.Uint32(body)) * inch)
		case kind == "eXIf":
			a.orientation = aboutEXIF(body).orientation
		case kind == "IDAT":
			return a
		}
		rest = rest[12+size:]
	}
	return a
}

// aboutJPEG reads the segments before the picture.
func aboutJPEG(content []byte) (a about) {
	const inch, centimetre = 1, 2
	for rest := content[2:]; len(rest) >= 4 && rest[0] == 0xff && rest[1] != 0xda; {
		size := int(binary.BigEndian.Uint16(rest[2:])) + 2
		if size < 4 || size > len(rest) {
			break
		}
		body := rest[4:size]
		switch {
		case rest[1] == 0xc2:
			a.progressive = true
		case bytes.HasPrefix(body, []byte("JFIF\x00")) && len(body) >= 12:
			density := float64(binary.BigEndian.Uint16(body[8:]))
			switch body[7] {
			case inch:
				a.dpi = likelyDPI(density)
			case centimetre:
				a.dpi = likelyDPI(density * 2.54)
			}
		case bytes.HasPrefix(body, []byte("Exif\x00\x00")):
			says := aboutEXIF(body[6:])
			a.orientation = says.orientation
			if a.dpi == 0 {
				a.dpi = says.dpi
			}
		}
		rest = rest[size:]
	}
	return a
}

// aboutWebP looks for EXIF, which stands behind the picture.
func aboutWebP(content []byte) about {
	for rest := content[12:]; len(rest) >= 8; {
		size := int64(binary.LittleEndian.Uint32(rest[4:]))
		if size > int64(len(rest)-8) {
			break
		}
		if string(rest[:4]) == "EXIF" {
			return aboutEXIF(bytes.TrimPrefix(rest[8:8+size], []byte("Exif\x00\x00")))
		}
		rest = rest[min(8+size+size%2, int64(len(rest))):]
	}
	return about{}
}

// aboutEXIF reads EXIF, which is a TIFF without a picture.
func aboutEXIF(content []byte) about {
	order, ok := tiffOrder(content)
	if !ok {
		return about{}
	}
	d, ok := readDirectory(content, order, order.Uint32(content[4:]))
	if !ok {
		return about{}
	}
	return d.about()
}
