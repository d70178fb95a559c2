package ocrpack

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"dpp/internal/document/layer"
	"dpp/internal/pack/ocrpack/trust"
	"dpp/internal/pack/packtest"
)

func docs(t *testing.T) string {
	t.Helper()
	return packtest.Page(t, "../../../docs/packs/ocr.md")
}

func TestExamplesOfThePageAreAccepted(t *testing.T) {
	examples := packtest.Examples(docs(t))
	packtest.Accepted(t, (&library{}).pack(), examples...)
	if len(examples) != 2 {
		t.Errorf("%d examples", len(examples))
	}
}

// The page names whatever inputs and results may say.
func TestThePageNamesEveryField(t *testing.T) {
	m := newManifest(nil)
	names := append(packtest.Names(t, m.InputsSchema, m.DataSchema),
		reasonEncrypted, reasonDamaged, reasonTooLarge, reasonDemanding, reasonNoPages, reasonOutOfRange, reasonTooMany, reasonPixels, reasonFormat,
		reasonPage, reasonNoEngine, reasonNotRead, noteGarbage, noteOver, noteInk, noteDropped, noteRaw, regionInk, regionDoubt, unitLayer, unitOCR,
	)
	for _, reason := range []layer.Reason{
		layer.ReasonCharacters, layer.ReasonEncoding, layer.ReasonScripts, layer.ReasonSymbols, layer.ReasonWords, layer.ReasonPlace, layer.ReasonPicture,
	} {
		names = append(names, string(reason))
	}
	packtest.Named(t, docs(t), names...)
}

// The curves and numbers of the page are those of this build.
func TestThePageHasTheCurves(t *testing.T) {
	page := docs(t)
	for name, curve := range map[string]trust.Curve{"WordCurve": trust.WordCurve(), "PageCurve": trust.PageCurve()} {
		var points []string
		for _, p := range curve {
			points = append(points, fmt.Sprintf("%g → %.3f", p.X, p.Y))
		}
		if want := "| `" + name + "` | " + strings.Join(points, ", ") + " |"; !strings.Contains(page, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
	if weight := fmt.Sprintf("1 − %.2f × (1 − `coverage`)", trust.CoverageWeight); !strings.Contains(page, weight) {
		t.Errorf("the page lacks %s", weight)
	}
	for _, number := range []any{trust.Layer(1, false), trust.Layer(1, true), doubtful, lookSure, fmt.Sprintf("%.0f %%", 100*hopeless), maxPages, maxFinds, maxHits, maxAnnotated} {
		if !strings.Contains(page, fmt.Sprint(number)) {
			t.Errorf("the page lacks %v", number)
		}
	}
}

// Prices and limits stand in the manifest once, and on the page as they are there.
func TestThePageHasThePrices(t *testing.T) {
	page, m := docs(t), newManifest(nil)
	for _, price := range m.Prices {
		if want := fmt.Sprintf("| `%s` | %s |", price.Unit, price.Amount); !strings.Contains(page, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
	if !slices.Equal(m.Spillable, []string{"/documents", "/found", "/low_confidence", "/remaining/files"}) {
		t.Errorf("spillable is %v", m.Spillable)
	}
}
