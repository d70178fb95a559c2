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

	data      []string // JSON-LD, text by text
	dataBytes int
	noscript  string

	scripts  int      // with code, not with data
	active   []string // addresses of what may change the page: scripts, frames, style sheets
	passive  []string // addresses of what is only shown
	action   string   // of the form that was opened last
	password []string // the actions of forms that ask for a password
}

const (
	maxData      = 512 << 10 // bytes of JSON-LD
	maxDataTexts = 20
	maxNoscript  = 2000
	maxSeen      = 200 // addresses of each kind
)

// addData takes a text for machines.
func (f *facts) addData(text []byte) {
	if len(f.data) < maxDataTexts && f.dataBytes+len(text) <= maxData {
		f.data = append(f.data, string(text))
		f.dataBytes += len(text)
	}
}

// addNoscript takes what the page says where scripts are not run.
func (f *facts) addNoscript(text []byte) {
	if len(f.noscript)+len(text) <= maxNoscript {
		f.noscript += string(text) + " "
	}
}

// see notes what an element says about the safety of the page and its need of
// scripts, whether it is shown or not.
func (f *facts) see(name string, attributes []html.Attribute) {
	switch name {
	case "script":
		if !dataScript(attribute(attributes, "type")) {
			f.scripts++
		}
		note(&f.active, attribute(attributes, "src"))
	case "iframe", "frame", "embed":
		note(&f.active, attribute(attributes, "src"))
	case "object":
		note(&f.active, attribute(attributes, "data"))
	case "link":
		if strings.Contains(strings.ToLower(attribute(attributes, "rel")), "stylesheet") {
			note(&f.active, attribute(attributes, "href"))
		}
	case "img", "audio", "video", "source":
		note(&f.passive, attribute(attributes, "src"))
	case "form":
		f.action = attribute(attributes, "action")
	case "input":
		if strings.EqualFold(attribute(attributes, "type"), "password") && len(f.password) < maxSeen {
			f.password = append(f.password, f.action)
		}
	}
}

// note adds an address; one of data, or none, is not wanted.
func note(list *[]string, address string) {
	if address != "" && len(*list) < maxSeen && !strings.HasPrefix(address, "data:") {
		*list = append(*list, address)
	}
}

// dataScript tells whether a script's type makes it data, which nobody runs.
func dataScript(kind string) bool {
	kind = mediaType(kind)
	return kind != "" && kind != "module" && !strings.Contains(kind, "javascript") && !strings.Contains(kind, "ecmascript")
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
