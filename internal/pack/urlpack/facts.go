package urlpack

import (
	"net/url"
	"strings"

	"golang.org/x/net/html"
)

const (
	maxMetas     = 200
	maxMetaValue = 1000
	maxTitle     = 500
)

// facts are what a page's head says, wherever in the page it stands.
type facts struct {
	title     string
	lang      string
	base      string
	canonical string
	refresh   string
	metas     map[string]string // by name or property in lower case, the first of each
	titleDone bool
	cut       bool // not all of the page was read
}

func (f *facts) addTitle(text string) {
	if f.titleDone {
		return
	}
	f.title = limit(strings.Join(strings.Fields(text), " "), maxTitle)
	f.titleDone = f.title != ""
}

func (f *facts) setLanguage(name string, attributes []html.Attribute) {
	if lang := attribute(attributes, "lang"); f.lang == "" && oneOf(name, "html", "body") {
		f.lang = limit(lang, 35)
	}
}

// tag takes what an element of the head says and tells whether it is one.
func (f *facts) tag(name string, attributes []html.Attribute) bool {
	switch name {
	case "base":
		if f.base == "" {
			f.base = attribute(attributes, "href")
		}
	case "link":
		if f.canonical == "" && strings.EqualFold(attribute(attributes, "rel"), "canonical") {
			f.canonical = attribute(attributes, "href")
		}
	case "meta":
		f.meta(attributes)
	default:
		return false
	}
	return true
}

func (f *facts) meta(attributes []html.Attribute) {
	content := limit(strings.Join(strings.Fields(attribute(attributes, "content")), " "), maxMetaValue)
	if strings.EqualFold(attribute(attributes, "http-equiv"), "refresh") && f.refresh == "" {
		f.refresh = refreshTarget(content)
	}
	for _, key := range []string{"name", "property", "itemprop"} {
		name := strings.ToLower(strings.TrimSpace(attribute(attributes, key)))
		if name == "" || content == "" || len(name) > 64 || len(f.metas) >= maxMetas {
			continue
		}
		if _, seen := f.metas[name]; !seen {
			f.metas[name] = content
		}
	}
}

// refreshTarget reads the URL out of "5; url=…".
func refreshTarget(content string) string {
	_, after, ok := strings.Cut(content, ";")
	if !ok {
		_, after, ok = strings.Cut(content, ",")
	}
	after = strings.TrimSpace(after)
	if !ok || len(after) < 4 || !strings.EqualFold(after[:3], "url") {
		return ""
	}
	after = strings.TrimSpace(after[3:])
	target, ok := strings.CutPrefix(after, "=")
	if !ok {
		return ""
	}
	return strings.Trim(strings.TrimSpace(target), `'"`)
}

// first is the first of the named metas that says something.
func (f *facts) first(names ...string) string {
	for _, name := range names {
		if value := f.metas[name]; value != "" {
			return value
		}
	}
	return ""
}

// webURL resolves a reference and returns it only where it leads to the web.
func webURL(base *url.URL, ref string) string {
	ref = strings.TrimSpace(ref)
	if ref == "" || len(ref) > maxAttribute {
		return ""
	}
	u, err := base.Parse(ref)
	if err != nil || u.Host == "" || !oneOf(u.Scheme, "http", "https") {
		return ""
	}
	u.User = nil
	return u.String()
}

// limit cuts a text to a number of characters.
func limit(text string, most int) string {
	if len(text) <= most {
		return text
	}
	for i := range text {
		if most == 0 {
			return text[:i]
		}
		most--
	}
	return text
}
