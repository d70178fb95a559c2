package intake

import (
	"strconv"
	"strings"
)

// MaxWait is how many seconds a caller can wait at most; longer waits are cut to it.
const MaxWait = 55

const defaultWait = 30 // of Prefer: wait alone

// PreferredWait reads Prefer: wait=N (RFC 7240). It returns false where the header
// has no such preference, or one that is malformed.
func PreferredWait(values []string) (seconds int64, ok bool) {
	for _, preference := range strings.Split(strings.Join(values, ","), ",") {
		preference, _, _ = strings.Cut(preference, ";")
		name, value, _ := strings.Cut(preference, "=")
		if !strings.EqualFold(strings.TrimSpace(name), "wait") {
			continue
		}
		value = strings.TrimSpace(value)
		if len(value) >= 2 && value[0] == '"' && value[len(value)-1] == '"' {
			value = value[1 : len(value)-1]
		}
		if value == "" {
			return defaultWait, true
		}
		return parseWait(value)
	}
	return 0, false
}

// parseWait reads a number of seconds; what is above the most is the most.
func parseWait(text string) (seconds int64, ok bool) {
	if text == "" || strings.Trim(text, "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n > MaxWait {
		return MaxWait, true
	}
	return n, true
}

// ETags are the versions that an If-None-Match header names.
type ETags struct {
	versions []int64
	any      bool
}

// ParseETags reads what If-None-Match names of our own form, W/"<version>"; what
// else it names matches nothing.
func ParseETags(values []string) ETags {
	var e ETags
	for _, tag := range strings.Split(strings.Join(values, ","), ",") {
		tag = strings.TrimSpace(tag)
		if tag == "*" {
			e.any = true
			continue
		}
		tag = strings.TrimPrefix(tag, "W/")
		if len(tag) < 3 || tag[0] != '"' || tag[len(tag)-1] != '"' {
			continue
		}
		if n, err := strconv.ParseInt(tag[1:len(tag)-1], 10, 64); err == nil && n > 0 {
			e.versions = append(e.versions, n)
		}
	}
	return e
}

// Has tells whether the caller has a version.
func (e ETags) Has(version int64) bool {
	for _, v := range e.versions {
		if v == version {
			return true
		}
	}
	return e.any
}

// Latest is the newest version that the caller has; 0 where none is named.
func (e ETags) Latest() int64 {
	var latest int64
	for _, v := range e.versions {
		latest = max(latest, v)
	}
	return latest
}
