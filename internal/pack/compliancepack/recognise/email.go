package recognise

import (
	"strings"

	"golang.org/x/net/publicsuffix"
)

// Bounds of RFC 5321, section 4.5.3.1.
const (
	maxLocal  = 64
	maxDomain = 255
)

// email looks at both sides of an @.
func (s *scanner) email(at int) {
	if !s.wanted[email] {
		return
	}
	start := at
	for start > 0 && at-start <= maxLocal && isLocal(s.text[start-1]) {
		start--
	}
	end := at + 1
	for end < len(s.text) && end-at <= maxDomain && isDomain(s.text[end]) {
		end++
	}
	s.steps += end - start
	if at-start > maxLocal || end-at > maxDomain {
		return
	}
	start += settingName(s.text[start:at])
	for start < at && !s.isWord(start) {
		start++
	}
	domain := mailDomain(s.text[at+1 : end])
	if start == at || s.text[at-1] == '.' || domain == "" {
		return
	}
	s.note(email, start, at+1+len(domain), s.kinds[email].Bare, 1, "")
}

func isLocal(c byte) bool {
	switch classOf(c) {
	case letter, digit, under:
		return true
	case other, sign:
	}
	return c == '.' || c == '-' || c == '+' || c == '%' || c == '\'' || c == '&' || c == '='
}

// settingName is the length of a name in capitals with an equals sign before an address, as
// settings are written: both may stand in an address, too.
func settingName(local string) int {
	name, _, found := strings.Cut(local, "=")
	if !found || strings.Trim(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") != "" {
		return 0
	}
	return len(name) + 1
}

func isDomain(c byte) bool {
	k := classOf(c)
	return k == letter || k == digit || c == '.' || c == '-'
}

// mailDomain is the longest beginning of a run that is a name below a domain that exists; a
// sentence may go on behind it without a space.
func mailDomain(run string) string {
	if at := strings.Index(run, ".."); at >= 0 {
		run = run[:at]
	}
	run = strings.TrimRight(run, ".-")
	for range 3 {
		if isHost(run) {
			return run
		}
		if !strings.Contains(run, ".") {
			break
		}
		run = strings.TrimRight(run[:strings.LastIndexByte(run, '.')], ".-")
	}
	return ""
}

// isHost: labels in order below a top-level domain of the root zone.
func isHost(name string) bool {
	labels := 0
	for label := range strings.SplitSeq(name, ".") {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
		labels++
	}
	if labels > 20 {
		return false
	}
	suffix, registered := publicsuffix.PublicSuffix(strings.ToLower(name))
	return (registered || strings.Contains(suffix, ".")) && len(suffix) < len(name)
}
