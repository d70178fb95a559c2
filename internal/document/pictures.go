package document

import (
	"github.com/klippa-app/go-pdfium/enums"
	"github.com/klippa-app/go-pdfium/references"
	"github.com/klippa-app/go-pdfium/requests"
)

// Bounds of what is looked at for pictures. A page that has them behind thousands of lines
// is none that is covered by them.
const (
	maxObjects = 3_000
	maxForms   = 4 // forms in forms
)

// pictures tells which share of the page pictures cover, those that overlap counted each,
// up to 1; and how many objects are drawn on the page.
func (r *layerReader) pictures() (share float64, objects int) {
	count, err := r.instance.FPDFPage_CountObjects(&requests.FPDFPage_CountObjects{Page: r.page})
	if err != nil {
		return 0, 0
	}
	area, left := 0.0, maxObjects
	for i := range count.Count {
		if left--; left <= 0 {
			break
		}
		object, err := r.instance.FPDFPage_GetObject(&requests.FPDFPage_GetObject{Page: r.page, Index: i})
		if err == nil && r.isPicture(object.PageObject, maxForms, &left) {
			area += r.area(object.PageObject)
		}
	}
	return min(area/float64(r.width*r.height), 1), count.Count
}

// isPicture tells whether an object is a picture, or a form with one in it.
func (r *layerReader) isPicture(object references.FPDF_PAGEOBJECT, depth int, left *int) bool {
	kind, err := r.instance.FPDFPageObj_GetType(&requests.FPDFPageObj_GetType{PageObject: object})
	switch {
	case err != nil:
		return false
	case kind.Type == enums.FPDF_PAGEOBJ_IMAGE:
		return true
	case kind.Type != enums.FPDF_PAGEOBJ_FORM || depth == 0:
		return false
	}
	count, err := r.instance.FPDFFormObj_CountObjects(&requests.FPDFFormObj_CountObjects{PageObject: object})
	if err != nil {
		return false
	}
	for i := range count.Count {
		if *left--; *left <= 0 {
			return false
		}
		inner, err := r.instance.FPDFFormObj_GetObject(&requests.FPDFFormObj_GetObject{PageObject: object, Index: uint64(i)})
		if err == nil && r.isPicture(inner.PageObject, depth-1, left) {
			return true
		}
	}
	return false
}

// area is that of an object as far as it is on the page, in pixels.
func (r *layerReader) area(object references.FPDF_PAGEOBJECT) float64 {
	b, err := r.instance.FPDFPageObj_GetBounds(&requests.FPDFPageObj_GetBounds{PageObject: object})
	if err != nil {
		return 0
	}
	box := r.box(float64(b.Left), float64(b.Bottom), float64(b.Right), float64(b.Top))
	wide := min(box[2], float64(r.width)) - max(box[0], 0)
	high := min(box[3], float64(r.height)) - max(box[1], 0)
	if wide <= 0 || high <= 0 {
		return 0
	}
	return wide * high
}
