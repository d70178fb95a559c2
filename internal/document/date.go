package document

import (
	"strings"
	"time"
)

// parseDate reads a date of PDF, D:YYYYMMDDHHmmSSOHH'mm', of which everything behind the
// year may be missing. It is zero where the text is none.
func parseDate(s string) time.Time {
	s = strings.TrimPrefix(strings.TrimSpace(s), "D:")
	digits := len(s) - len(strings.TrimLeft(s, "0123456789"))
	const layout = "20060102150405"
	if digits < 4 || digits > len(layout) || digits%2 != 0 {
		return time.Time{}
	}
	zone := strings.NewReplacer("'", "", ":", "").Replace(s[digits:])
	if zone == "" || zone == "Z" || strings.HasPrefix(zone, "Z00") {
		zone = "+0000"
	}
	if len(zone) == 3 {
		zone += "00"
	}
	t, err := time.Parse(layout[:digits]+"-0700", s[:digits]+zone)
	if err != nil || t.Year() < 1 {
		return time.Time{}
	}
	return t.UTC()
}
