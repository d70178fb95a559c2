package urlpack

import (
	"net/http"
	"net/url"
	"strings"
)

// Metadata is what a page says about itself.
type Metadata struct {
	Description string `json:"description,omitzero"`
	Author      string `json:"author,omitzero"`
	SiteName    string `json:"site_name,omitzero"`
	Published   string `json:"published,omitzero"`
	Modified    string `json:"modified,omitzero"`
	Language    string `json:"language,omitzero"`
	Canonical   string `json:"canonical,omitzero"`
	Image       string `json:"image,omitzero"`
	Charset     string `json:"charset,omitzero"`
	// MetaRefresh is where the page would send a browser. It is not followed.
	MetaRefresh string `json:"meta_refresh,omitzero"`
	// OpenGraph holds the page's og: properties, without the prefix.
	OpenGraph map[string]string `json:"open_graph,omitzero"`
}

const maxOpenGraph = 30

// baseOf is what the page's relative references stand on.
func (f *facts) baseOf(final *url.URL) *url.URL {
	if base, err := url.Parse(webURL(final, f.base)); err == nil && base.Host != "" {
		return base
	}
	return final
}

func (f *facts) metadata(final *url.URL, header http.Header, charset string) *Metadata {
	base := f.baseOf(final)
	m := &Metadata{
		Description: f.first("description", "og:description", "twitter:description", "dc.description"),
		Author:      f.first("author", "article:author", "dc.creator", "parsely-author", "sailthru.author"),
		SiteName:    f.first("og:site_name", "application-name"),
		Published: f.first("article:published_time", "datepublished", "og:published_time", "date", "dc.date", "dc.date.issued",
			"parsely-pub-date", "sailthru.date"),
		Modified:    f.first("article:modified_time", "datemodified", "og:updated_time", "last-modified"),
		Language:    f.declaredLanguage(header),
		Canonical:   webURL(base, f.canonical),
		Image:       webURL(base, f.first("og:image", "og:image:url", "twitter:image")),
		Charset:     charset,
		MetaRefresh: refreshURL(base, f.refresh),
		OpenGraph:   f.openGraph(),
	}
	if m.Canonical == "" {
		m.Canonical = webURL(base, f.metas["og:url"])
	}
	return m
}

// declaredLanguage takes the language from the first of the three places that declare it.
func (f *facts) declaredLanguage(header http.Header) string {
	sent, _, _ := strings.Cut(header.Get("Content-Language"), ",")
	for _, declared := range []string{f.lang, sent, f.metas["og:locale"]} {
		if declared = strings.TrimSpace(declared); declared != "" {
			return limit(strings.ReplaceAll(declared, "_", "-"), 35)
		}
	}
	return ""
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
