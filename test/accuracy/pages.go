package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"codeberg.org/readeck/go-readability/v2"
	"github.com/go-json-experiment/json"

	"dpp"
	"dpp/internal/fetch"
	"dpp/internal/pack"
	"dpp/internal/pack/urlpack"
)

// page is a saved page with its true text.
type page struct {
	name, url, truth string
	html             []byte
}

// readPages reads the folder url_pages below dir.
func readPages(dir string) ([]page, error) {
	dir = filepath.Join(dir, "url_pages")
	text, err := os.ReadFile(filepath.Join(dir, "ground-truth.json"))
	if err != nil {
		return nil, err
	}
	var truth map[string]struct {
		Text string `json:"articleBody"`
		URL  string `json:"url"`
	}
	if err := json.Unmarshal(text, &truth); err != nil {
		return nil, fmt.Errorf("ground truth: %w", err)
	}
	var pages []page
	for _, name := range slices.Sorted(maps.Keys(truth)) {
		p := page{name: name, url: truth[name].URL, truth: truth[name].Text}
		if p.html, err = unzip(filepath.Join(dir, name+".html.gz")); err != nil {
			return nil, err
		}
		pages = append(pages, p)
	}
	return pages, nil
}

func unzip(file string) ([]byte, error) {
	packed, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	reader, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return io.ReadAll(reader)
}

// most is how many URLs a run has, and how many characters of each are given.
const (
	mostURLs  = 30
	mostChars = 200_000
)

// byPack serves the pages on loopback and lets the pack fetch them.
func byPack(ctx context.Context, pages []page) ([]string, error) {
	served := make(map[string][]byte, len(pages))
	for _, p := range pages {
		served["/"+p.name] = p.html
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write(served[r.URL.Path])
	}))
	defer server.Close()
	policy := fetch.Policy{AllowCIDRs: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}
	tested := urlpack.New(fetch.New(fetch.Options{Policy: policy}), urlpack.Options{})
	var texts []string
	for some := range slices.Chunk(pages, mostURLs) {
		found, err := runPack(ctx, tested, server.URL, some)
		if err != nil {
			return nil, err
		}
		texts = append(texts, found...)
	}
	return texts, nil
}

func runPack(ctx context.Context, tested *urlpack.Pack, at string, pages []page) ([]string, error) {
	urls := make([]string, len(pages))
	for i, p := range pages {
		urls[i] = at + "/" + p.name
	}
	inputs, err := json.Marshal(map[string]any{"urls": urls, "formats": []string{"text"}, "max_chars_per_url": mostChars, "allow_http": true})
	if err != nil {
		return nil, err
	}
	outcome, err := tested.Run(ctx, pack.Job{Inputs: inputs, Meter: pack.NewMeter(tested.Manifest().Prices, 100*dpp.USD, nil)})
	if err != nil {
		return nil, err
	}
	data, ok := outcome.Data.(*urlpack.Data)
	if !ok {
		return nil, fmt.Errorf("the pack's data is a %T", outcome.Data)
	}
	texts := make([]string, len(pages))
	for i, r := range data.Results {
		if !r.OK {
			return nil, fmt.Errorf("page %s: %s", pages[i].name, r.Error.Reason)
		}
		texts[i] = *r.Text
	}
	return texts, nil
}

// byReadability is what the other extractor finds by itself.
func byReadability(p page) (string, error) {
	at, err := url.Parse(p.url)
	if err != nil {
		return "", err
	}
	parser := readability.NewParser()
	article, err := parser.Parse(bytes.NewReader(p.html), at)
	if err != nil || article.Node == nil {
		return "", err
	}
	var text strings.Builder
	err = article.RenderText(&text)
	return text.String(), err
}
