package urlpack

import (
	"net/netip"
	"net/url"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/publicsuffix"
)

// Links are the places on the web that a page links to, each once, in the order
// of the page.
type Links struct {
	// Internal links stay under the page's own registrable domain.
	Internal []Link `json:"internal"`
	External []Link `json:"external"`
	// Total counts also those that are left out for their number, as far as the
	// page was searched.
	Total int `json:"total"`
}

// Link is one of them.
type Link struct {
	URL  string `json:"url"`
	Text string `json:"text,omitzero"`
}

const (
	maxLinks    = 200 // of each kind
	maxAnchors  = 3000
	maxLinkText = 200
	maxLinkURL  = 2000
)

// linksOf collects the links of a whole page, before anything is pruned.
func linksOf(body *html.Node, base, final *url.URL) *Links {
	links := &Links{Internal: []Link{}, External: []Link{}}
	site := siteOf(final.Hostname())
	here := withoutFragment(final)
	seen := make(map[string]bool)
	anchors := 0
	for n := range body.Descendants() {
		if n.Type != html.ElementNode || n.Data != "a" {
			continue
		}
		if anchors++; anchors > maxAnchors {
			break
		}
		target := webURL(base, attribute(n.Attr, "href"))
		u, err := url.Parse(target)
		if target == "" || err != nil || len(target) > maxLinkURL {
			continue
		}
		target = withoutFragment(u)
		if target == here || seen[target] {
			continue
		}
		seen[target] = true
		links.Total++
		link := Link{URL: target, Text: limit(strings.Join(strings.Fields(plainText(n)), " "), maxLinkText)}
		if siteOf(u.Hostname()) == site {
			links.Internal = appendUpTo(links.Internal, link)
		} else {
			links.External = appendUpTo(links.External, link)
		}
	}
	return links
}

func appendUpTo(list []Link, link Link) []Link {
	if len(list) >= maxLinks {
		return list
	}
	return append(list, link)
}

func withoutFragment(u *url.URL) string {
	bare := *u
	bare.Fragment, bare.RawFragment = "", ""
	return bare.String()
}

// siteOf is the registrable domain of a host, or the host itself where it has none.
func siteOf(host string) string {
	host = strings.ToLower(host)
	if _, err := netip.ParseAddr(host); err == nil {
		return host
	}
	site, err := publicsuffix.EffectiveTLDPlusOne(host)
	if err != nil {
		return host
	}
	return site
}
