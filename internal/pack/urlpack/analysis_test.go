package urlpack

import (
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"dpp/internal/fetch"
)

var now = time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)

func codesOf(risks []Risk) []string {
	codes := []string{}
	for _, r := range risks {
		codes = append(codes, r.Code+":"+r.Severity)
	}
	return codes
}

func TestRisksOfTheWay(t *testing.T) {
	old, late := now.AddDate(0, 0, -60), now.AddDate(0, 0, 30)
	for name, c := range map[string]struct {
		asked, final string
		tls          *fetch.TLS
		want         []string
	}{
		"nothing":                     {"https://www.example.com/", "https://www.example.com/", &fetch.TLS{NotBefore: old, NotAfter: late}, []string{}},
		"to a subdomain":              {"https://example.com/", "https://www.example.com/", nil, []string{}},
		"to another site":             {"https://example.com/", "https://example.org/", nil, []string{"redirect_to_other_site:low"}},
		"below one public suffix":     {"https://a.github.io/", "https://b.github.io/", nil, []string{"redirect_to_other_site:low"}},
		"plain http":                  {"http://example.com/", "http://example.com/", nil, []string{"unencrypted:low"}},
		"an address":                  {"https://93.184.215.14/", "https://93.184.215.14/", nil, []string{"ip_host:medium"}},
		"an address of version 6":     {"https://[2606:4700::1]/", "https://[2606:4700::1]/", nil, []string{"ip_host:medium"}},
		"a certificate of yesterday":  {"https://example.com/", "https://example.com/", &fetch.TLS{NotBefore: now.AddDate(0, 0, -1), NotAfter: late}, []string{"certificate_new:low"}},
		"a certificate of a week ago": {"https://example.com/", "https://example.com/", &fetch.TLS{NotBefore: now.AddDate(0, 0, -7), NotAfter: late}, []string{}},
		"a certificate till tomorrow": {"https://example.com/", "https://example.com/", &fetch.TLS{NotBefore: old, NotAfter: now.AddDate(0, 0, 1)}, []string{"certificate_expiring:info"}},
		"German":                      {"https://xn--bcher-kva.de/", "https://xn--bcher-kva.de/", nil, []string{"punycode_host:info"}},
		"Russian":                     {"https://xn--e1afmkfd.xn--p1ai/", "https://xn--e1afmkfd.xn--p1ai/", nil, []string{"punycode_host:info"}},
		"Japanese":                    {"https://xn--wgv71a119e.jp/", "https://xn--wgv71a119e.jp/", nil, []string{"punycode_host:info"}},
		"a Cyrillic a in paypal":      {"https://xn--pypal-4ve.com/", "https://xn--pypal-4ve.com/", nil, []string{"mixed_script_host:high"}},
		"apple in Cyrillic":           {"https://xn--80ak6aa92e.com/", "https://xn--80ak6aa92e.com/", nil, []string{"lookalike_host:high"}},
		"only a subdomain":            {"https://xn--pypal-4ve.example.com/", "https://xn--pypal-4ve.example.com/", nil, []string{}},
	} {
		v := visitOf(&fetch.Result{URL: c.final, Hops: []fetch.Hop{{URL: c.asked}, {URL: c.final}}, TLS: c.tls, FetchedAt: now})
		if got := codesOf(risksOf(v, nil)); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

func TestRisksOfThePage(t *testing.T) {
	const login = "<form action='%s'><input type=password></form>"
	form := func(action string) string { return strings.Replace(login, "%s", action, 1) }
	for name, c := range map[string]struct {
		asked, final, page string
		want               []string
	}{
		"a form of its own":          {"https://example.com/", "https://example.com/", form("/login"), []string{}},
		"a form without an action":   {"https://example.com/", "https://example.com/", "<input type=PASSWORD>", []string{}},
		"a form of a sister host":    {"https://example.com/", "https://example.com/", form("https://id.example.com/"), []string{}},
		"a form elsewhere":           {"https://example.com/", "https://example.com/", form("https://example.net/"), []string{"credential_form_elsewhere:high"}},
		"a form elsewhere by base":   {"https://example.com/", "https://example.com/", "<base href='https://example.net/'>" + form("x"), []string{"credential_form_elsewhere:high"}},
		"a form over plain http":     {"https://example.com/", "https://example.com/", form("http://example.com/"), []string{"credential_form_unencrypted:high"}},
		"a form on plain http":       {"http://example.com/", "http://example.com/", form(""), []string{"credential_form_unencrypted:high", "unencrypted:low"}},
		"a form after a redirect":    {"https://example.com/", "https://example.net/", form(""), []string{"credential_form_after_redirect:high", "redirect_to_other_site:low"}},
		"a form without a password":  {"https://example.com/", "https://example.com/", "<form action=https://example.net/><input type=text></form>", []string{}},
		"a form inside of a hidden":  {"https://example.com/", "https://example.com/", "<div hidden>" + form("https://example.net/") + "</div>", []string{"credential_form_elsewhere:high"}},
		"a script over plain http":   {"https://example.com/", "https://example.com/", "<script src=http://example.com/x.js></script><img src=http://example.com/x>", []string{"mixed_content:medium"}},
		"a style over plain http":    {"https://example.com/", "https://example.com/", "<link rel=Stylesheet href=http://example.com/x.css>", []string{"mixed_content:medium"}},
		"an image over plain http":   {"https://example.com/", "https://example.com/", "<img src=http://example.com/x>", []string{"mixed_content:low"}},
		"a plain image, plain page":  {"http://example.com/", "http://example.com/", "<img src=http://example.com/x>", []string{"unencrypted:low"}},
		"a link is no content":       {"https://example.com/", "https://example.com/", "<a href=http://example.com/>x</a><link rel=alternate href=http://example.com/>", []string{}},
		"a refresh to itself":        {"https://example.com/", "https://example.com/", "<meta http-equiv=refresh content='9;url=/x'>", []string{"meta_refresh:info"}},
		"a refresh to another place": {"https://example.com/", "https://example.com/", "<meta http-equiv=refresh content='0;url=//example.net/'>", []string{"meta_refresh_elsewhere:medium"}},
	} {
		v := visitOf(&fetch.Result{URL: c.final, Hops: []fetch.Hop{{URL: c.asked}, {URL: c.final}}, FetchedAt: now})
		if got := codesOf(risksOf(v, &enter(t, c.page).facts)); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

func TestNeedsJavaScript(t *testing.T) {
	text := strings.Repeat("<p>"+sentence, 5)
	for name, c := range map[string]struct {
		page string
		want Scripted
	}{
		"text, no scripts":   {text, Scripted{}},
		"text and scripts":   {"<noscript>Enable JavaScript</noscript><script src=a></script><div id=root></div>" + text, Scripted{}},
		"little text alone":  {"<p>Closed.", Scripted{}},
		"an empty root":      {"<div id=root></div><script src=app.js></script>", Scripted{true, "empty_app_root"}},
		"a loading root":     {"<div id=__next>Loading …</div><script src=app.js></script>", Scripted{true, "empty_app_root"}},
		"it says so":         {"<noscript>You need to enable <b>JavaScript</b> to run this app.</noscript><script src=a></script>", Scripted{true, "noscript_asks_for_scripts"}},
		"a tracking pixel":   {"<p>Closed.<noscript><img src=x></noscript><script src=a></script>", Scripted{}},
		"scripts and hardly": {"<p>x<script>a</script><script>b</script><script type=module>c</script>", Scripted{true, "scripts_and_hardly_any_text"}},
		"data is no script":  {"<p>x" + strings.Repeat("<script type=application/json>1</script>", 5), Scripted{}},
	} {
		if got := *read(t, "text/html", c.page, everything).NeedsJavaScript; got != c.want {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
	if p := read(t, "text/plain", "x", everything); p.NeedsJavaScript != nil {
		t.Errorf("plain text: %+v", p.NeedsJavaScript)
	}
}

func TestJSONLD(t *testing.T) {
	page := `<script type="application/ld+json">{"@context":"https://schema.org","@graph":[
{"@type":["NewsArticle","https://schema.org/Thing"],"headline":" A  tide ","datePublished":"2026-01-02","dateModified":"2026-01-03",
 "author":[{"@type":"Person","name":"Ada"},{"name":"Bea"},"Cyd",7],"publisher":{"@type":"Organization","name":"Pilot"}},
{"@type":"WebPage","name":"P","mainEntity":{"@type":"Product","name":"Lamp"}},{"name":"no type"}]}</script>
<script type="application/ld+json">not JSON</script>
<script type="application/ld+json">[{"@type":"Event","name":"line
end"}]</script><script type="application/json">{"@type":"Hidden"}</script>`
	d := enter(t, page)
	got := d.facts.metadata(pageURL, http.Header{}, "", d.facts.jsonLD())
	want := &Metadata{
		Author: "Ada, Bea, Cyd", SiteName: "Pilot", Published: "2026-01-02", Modified: "2026-01-03",
		JSONLD: []*Thing{
			{Types: []string{"NewsArticle", "Thing"}, Name: "A tide", Published: "2026-01-02", Modified: "2026-01-03", Authors: []string{"Ada", "Bea", "Cyd"}, Publisher: "Pilot"},
			{Types: []string{"WebPage"}, Name: "P"},
			{Types: []string{"Product"}, Name: "Lamp"},
			{Types: []string{"Event"}, Name: "line end"},
		},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%+v", got)
	}
}

func TestJSONLDIsBounded(t *testing.T) {
	d := enter(t, strings.Repeat("<script type=application/ld+json>["+strings.Repeat(`{"@type":"A","name":"x"},`, 1000)+`1]</script>`, 50))
	if len(d.facts.data) > maxDataTexts || len(d.facts.jsonLD()) > maxItems || len(thingsOf(d.facts.jsonLD())) > maxThings {
		t.Errorf("%d texts, %d items", len(d.facts.data), len(d.facts.jsonLD()))
	}
	d = enter(t, "<script type=application/ld+json>"+strings.Repeat(`{"@type":"A","@graph":[`, 20_000)+"</script>")
	if n := len(d.facts.jsonLD()); n > maxItemDepth {
		t.Errorf("%d items of an endless nest", n)
	}
}

func TestMicrodata(t *testing.T) {
	d := enter(t, `<div itemscope itemtype="https://schema.org/Product"><h2 itemprop="name">A <b>lamp</b></h2><img itemprop=image src=/l.png>
<meta itemprop=sku content=77><a itemprop=url href=/lamp>x</a><time itemprop=releaseDate datetime=2026-01-02>soon</time>
<div itemprop="offers" itemscope itemtype="https://schema.org/Offer"><span itemprop=price content="19.90">19,90 €</span></div>
<span itemprop="color colour">red</span><span itemprop=color>blue</span><p itemprop=empty> </p></div><p itemprop=name>outside</p>`)
	got := microdata(d.body, pageURL)
	offer := item{"@type": "https://schema.org/Offer", "price": "19.90"}
	want := []item{{
		"@type": "https://schema.org/Product", "name": "A lamp", "image": "https://www.example.com/l.png", "sku": "77",
		"url": "https://www.example.com/lamp", "releaseDate": "2026-01-02", "offers": map[string]any(offer),
		"color": []any{"red", "blue"}, "colour": "red",
	}, offer}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%+v", got)
	}
}

func TestLanguageIsDeclaredFirst(t *testing.T) {
	german := strings.Repeat("<p>Das Hochwasser kommt am Nordkai zwölf Minuten nach der Hafeneinfahrt, und der Strom läuft eine Stunde vorher am stärksten.</p>", 4)
	for name, c := range map[string]struct{ page, language, source string }{
		"declared":       {"<html lang=fr>" + german, "fr", "html"},
		"by OpenGraph":   {"<meta property=og:locale content=en_GB>" + german, "en-GB", "opengraph"},
		"by nobody":      {german, "de", "detected"},
		"too little":     {"<p>Das Hochwasser kommt.</p>", "", ""},
		"not a language": {"<p>" + strings.Repeat("0123456789 ", 50), "", ""},
	} {
		m := read(t, "text/html", c.page, everything).Metadata
		if m.Language != c.language || m.LanguageSource != c.source {
			t.Errorf("%s: %q by %q", name, m.Language, m.LanguageSource)
		}
	}
}

func TestCertificateIsShownInBounds(t *testing.T) {
	if tlsOf(nil) != nil {
		t.Error("a certificate of plain http")
	}
	names := slices.Repeat([]string{strings.Repeat("n", 300)}, 100)
	got := tlsOf(&fetch.TLS{Version: "TLS 1.3", Issuer: "A\x00 CA", Names: names, NotBefore: now, NotAfter: now.Add(time.Hour)})
	if got.Version != "TLS 1.3" || got.Issuer != "A CA" || len(got.Names) != maxCertificateNames || len(got.Names[0]) != maxCertificateText ||
		got.NotBefore != "2026-06-01T12:00:00.000Z" || got.NotAfter != "2026-06-01T13:00:00.000Z" {
		t.Errorf("%+v", got)
	}
}

func TestScriptsOfNames(t *testing.T) {
	for label, mixed := range map[string]bool{
		"paypal": false, "bücher": false, "pаypal": true, "日本語": false, "日本のtest": false, "한국test": false, "γreek": true, "тест": false, "a-1": false, "": false,
	} {
		if got := mixesScripts(label); got != mixed {
			t.Errorf("%q: %t", label, got)
		}
	}
	for label, like := range map[string]bool{"аррӏе": true, "пример": false, "сосо": true, "1-2": false, "日本": false} {
		if got := looksLatin(label); got != like {
			t.Errorf("%q: %t", label, got)
		}
	}
	if u := parsed("https://%zz/"); *u != (url.URL{}) {
		t.Errorf("%+v", u)
	}
}
