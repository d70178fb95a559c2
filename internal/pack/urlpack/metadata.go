package urlpack

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/RadhiFadlillah/whatlanggo"
)

// Metadata is what a page says about itself.
type Metadata struct {
	Description string `json:"description,omitzero"`
	Author      string `json:"author,omitzero"`
	SiteName    string `json:"site_name,omitzero"`
	Published   string `json:"published,omitzero"`
	Modified    string `json:"modified,omitzero"`
	Language    string `json:"language,omitzero"`
	// LanguageSource is where the language is from: html, header and opengraph
	// declare it, detected is a guess from the text.
	LanguageSource string `json:"language_source,omitzero"`
	Canonical      string `json:"canonical,omitzero"`
	Image          string `json:"image,omitzero"`
	Charset        string `json:"charset,omitzero"`
	// MetaRefresh is where the page would send a browser. It is not followed.
	MetaRefresh string `json:"meta_refresh,omitzero"`
	// OpenGraph holds the page's og: properties, without the prefix.
	OpenGraph map[string]string `json:"open_graph,omitzero"`
	// JSONLD sums up the first things that the page describes in JSON-LD.
	JSONLD []*Thing `json:"json_ld,omitzero"`
}

// Thing is the summary of a thing that a page describes.
type Thing struct {
	Types     []string `json:"types"`
	Name      string   `json:"name,omitzero"` // or headline
	Published string   `json:"date_published,omitzero"`
	Modified  string   `json:"date_modified,omitzero"`
	Authors   []string `json:"authors,omitzero"`
	Publisher string   `json:"publisher,omitzero"`
}

const (
	maxOpenGraph = 30
	maxThings    = 10
	maxNames     = 10 // types or authors of a thing
)

func thingsOf(items []item) []*Thing {
	var things []*Thing
	for _, it := range items {
		kinds := it.types()
		if len(kinds) == 0 || len(things) >= maxThings {
			continue
		}
		things = append(things, &Thing{
			Types:     shortened(kinds),
			Name:      firstOf(nameOf(it["headline"]), nameOf(it["name"])),
			Published: nameOf(it["datePublished"]),
			Modified:  nameOf(it["dateModified"]),
			Authors:   shortened(namesOf(it["author"])),
			Publisher: nameOf(it["publisher"]),
		})
	}
	return things
}

func shortened(names []string) []string {
	short := make([]string, 0, min(len(names), maxNames))
	for _, name := range names[:min(len(names), maxNames)] {
		short = append(short, limit(name, maxTitle))
	}
	if len(short) == 0 {
		return nil
	}
	return short
}

// namesOf are the texts of a value, or the names of the things in it.
func namesOf(value any) []string {
	var names []string
	for _, v := range listOf(value) {
		if thing, ok := v.(map[string]any); ok {
			v = thing["name"]
		}
		if text, ok := v.(string); ok && strings.TrimSpace(text) != "" {
			names = append(names, oneLine(text))
		}
	}
	return names
}

func nameOf(value any) string {
	if names := namesOf(value); len(names) > 0 {
		return limit(names[0], maxMetaValue)
	}
	return ""
}

// baseOf is what the page's relative references stand on.
func (f *facts) baseOf(final *url.URL) *url.URL {
	if base, err := url.Parse(webURL(final, f.base)); err == nil && base.Host != "" {
		return base
	}
	return final
}

// metadata is what the page declares; things in JSON-LD fill what the head leaves open.
func (f *facts) metadata(final *url.URL, header http.Header, charset string, data []item) *Metadata {
	base := f.baseOf(final)
	things := thingsOf(data)
	language, declaredBy := f.declaredLanguage(header)
	m := &Metadata{
		Description: f.first("description", "og:description", "twitter:description", "dc.description"),
		Author:      f.first("author", "article:author", "dc.creator", "parsely-author", "sailthru.author"),
		SiteName:    f.first("og:site_name", "application-name"),
		Published: f.first("article:published_time", "datepublished", "og:published_time", "date", "dc.date", "dc.date.issued",
			"parsely-pub-date", "sailthru.date"),
		Modified:       f.first("article:modified_time", "datemodified", "og:updated_time", "last-modified"),
		Language:       language,
		LanguageSource: declaredBy,
		Canonical:      webURL(base, f.canonical),
		Image:          webURL(base, f.first("og:image", "og:image:url", "twitter:image")),
		Charset:        charset,
		MetaRefresh:    refreshURL(base, f.refresh),
		OpenGraph:      f.openGraph(),
		JSONLD:         things,
	}
	for _, t := range things {
		m.Published = firstOf(m.Published, t.Published)
		m.Modified = firstOf(m.Modified, t.Modified)
		m.SiteName = firstOf(m.SiteName, t.Publisher)
		if m.Author == "" {
			m.Author = strings.Join(t.Authors, ", ")
		}
	}
	if m.Canonical == "" {
		m.Canonical = webURL(base, f.metas["og:url"])
	}
	return m
}

// declaredLanguage takes the language from the first of the three places that declare it.
func (f *facts) declaredLanguage(header http.Header) (language, by string) {
	sent, _, _ := strings.Cut(header.Get("Content-Language"), ",")
	for _, declared := range []struct{ language, by string }{{f.lang, "html"}, {sent, "header"}, {f.metas["og:locale"], "opengraph"}} {
		if language = strings.TrimSpace(declared.language); language != "" {
			return limit(strings.ReplaceAll(language, "_", "-"), maxLanguage), declared.by
		}
	}
	return "", ""
}

const (
	maxLanguage = 35
	// A language is detected in so many characters at least and at most.
	leastDetected, mostDetected = 200, 5000
)

// detectLanguage guesses the language of a text where nothing declares it and the
// text is long enough for the guess to be right.
func (m *Metadata) detectLanguage(text string) {
	if m.Language != "" || len(text) < leastDetected {
		return
	}
	if found := whatlanggo.Detect(limit(text, mostDetected)); found.IsReliable() && found.Lang.Iso6391() != "" {
		m.Language, m.LanguageSource = found.Lang.Iso6391(), "detected"
	}
}

// refreshURL tells where a page refers to itself, whatever kind of URL it is:
// it is told, never followed.
func refreshURL(base *url.URL, target string) string {
	if target == "" {
		return ""
	}
	u, err := base.Parse(target)
	if err != nil {
		return ""
	}
	u.User = nil
	return limit(u.String(), maxMetaValue)
}

func (f *facts) openGraph() map[string]string {
	graph := make(map[string]string)
	for name, value := range f.metas {
		if key, ok := strings.CutPrefix(name, "og:"); ok && key != "" && len(graph) < maxOpenGraph {
			graph[key] = value
		}
	}
	if len(graph) == 0 {
		return nil
	}
	return graph
}
