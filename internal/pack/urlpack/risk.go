package urlpack

import (
	"cmp"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"dpp/internal/fetch"
)

// Risk is a sign that a page may not be what it seems, with its reason. It is a
// fact about the page and no judgement of it.
type Risk struct {
	Code     string `json:"code"`
	Severity string `json:"severity"` // info, low, medium or high
	Reason   string `json:"reason"`
}

const (
	severityInfo   = "info"
	severityLow    = "low"
	severityMedium = "medium"
	severityHigh   = "high"
)

// How young or old a certificate is worth a word.
const (
	youngCertificate    = 7 * 24 * time.Hour
	expiringCertificate = 14 * 24 * time.Hour
)

// visited is what is known of the way to a page: the URL that was asked for and
// the one that answered.
type visited struct {
	asked, final *url.URL
	tls          *fetch.TLS
	at           time.Time
}

func visitOf(answer *fetch.Result) visited {
	v := visited{final: parsed(answer.URL), tls: answer.TLS, at: answer.FetchedAt}
	v.asked = v.final
	if len(answer.Hops) > 1 {
		v.asked = parsed(answer.Hops[0].URL)
	}
	return v
}

func parsed(text string) *url.URL {
	if u, err := url.Parse(text); err == nil {
		return u
	}
	return new(url.URL)
}

// risksOf lists what the way to a page shows, and, where the page is HTML, what
// its markup does, the gravest first. f is nil for other content.
func risksOf(v visited, f *facts) []Risk {
	risks := append(hostRisks(v), certificateRisks(v)...)
	if f != nil {
		risks = append(risks, f.formRisks(v)...)
		risks = append(risks, f.contentRisks(v)...)
	}
	order := []string{severityHigh, severityMedium, severityLow, severityInfo}
	slices.SortStableFunc(risks, func(a, b Risk) int {
		return cmp.Compare(slices.Index(order, a.Severity), slices.Index(order, b.Severity))
	})
	return risks
}

func hostRisks(v visited) []Risk {
	var risks []Risk
	host := v.final.Hostname()
	if v.final.Scheme == "http" {
		risks = append(risks, Risk{"unencrypted", severityLow, "The page came over plain http, so it can have been read and changed on the way."})
	}
	if _, err := netip.ParseAddr(host); err == nil {
		risks = append(risks, Risk{"ip_host", severityMedium, "The host is an address and no name."})
	} else {
		risks = append(risks, nameRisks(host)...)
	}
	if asked := siteOf(v.asked.Hostname()); asked != siteOf(host) {
		risks = append(risks, Risk{"redirect_to_other_site", severityLow, "A redirect led to another registrable domain than that of the URL."})
	}
	return risks
}

func certificateRisks(v visited) []Risk {
	if v.tls == nil {
		return nil
	}
	var risks []Risk
	if age := v.at.Sub(v.tls.NotBefore); !v.tls.NotBefore.IsZero() && age < youngCertificate {
		risks = append(risks, Risk{"certificate_new", severityLow, "The server's certificate is less than 7 days old."})
	}
	if left := v.tls.NotAfter.Sub(v.at); !v.tls.NotAfter.IsZero() && left < expiringCertificate {
		risks = append(risks, Risk{"certificate_expiring", severityInfo, "The server's certificate is valid for less than 14 days more."})
	}
	return risks
}

// formRisks are about forms that ask for a password: where they send it, and on
// whose page they stand.
func (f *facts) formRisks(v visited) []Risk {
	if len(f.password) == 0 {
		return nil
	}
	var risks []Risk
	site, base := siteOf(v.final.Hostname()), f.baseOf(v.final)
	elsewhere, plain := false, v.final.Scheme == "http"
	for _, action := range f.password {
		target, err := base.Parse(strings.TrimSpace(action))
		if err != nil || target.Host == "" {
			continue
		}
		elsewhere = elsewhere || siteOf(target.Hostname()) != site
		plain = plain || target.Scheme == "http"
	}
	if elsewhere {
		risks = append(risks, Risk{"credential_form_elsewhere", severityHigh, "A form that asks for a password sends it to another registrable domain than the page's."})
	}
	if siteOf(v.asked.Hostname()) != site {
		risks = append(risks, Risk{"credential_form_after_redirect", severityHigh, "A form asks for a password on another registrable domain than that of the URL."})
	}
	if plain {
		risks = append(risks, Risk{"credential_form_unencrypted", severityHigh, "A form that asks for a password uses plain http."})
	}
	return risks
}

func (f *facts) contentRisks(v visited) []Risk {
	var risks []Risk
	base := f.baseOf(v.final)
	if v.final.Scheme == "https" {
		switch {
		case anyPlain(base, f.active):
			risks = append(risks, Risk{"mixed_content", severityMedium, "The https page loads scripts, frames or style sheets over plain http."})
		case anyPlain(base, f.passive):
			risks = append(risks, Risk{"mixed_content", severityLow, "The https page loads images or media over plain http."})
		}
	}
	if target, err := base.Parse(f.refresh); f.refresh != "" && err == nil {
		if siteOf(target.Hostname()) != siteOf(v.final.Hostname()) {
			risks = append(risks, Risk{"meta_refresh_elsewhere", severityMedium, "The page sends browsers on to another registrable domain; this was not followed."})
		} else {
			risks = append(risks, Risk{"meta_refresh", severityInfo, "The page sends browsers on by a meta refresh; this was not followed."})
		}
	}
	return risks
}

func anyPlain(base *url.URL, addresses []string) bool {
	return slices.ContainsFunc(addresses, func(address string) bool {
		u, err := base.Parse(strings.TrimSpace(address))
		return err == nil && u.Scheme == "http"
	})
}
