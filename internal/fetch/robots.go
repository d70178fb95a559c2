package fetch

import (
	"bufio"
	"bytes"
	"strconv"
	"strings"
	"time"
)

// maxRobots is how much of a robots.txt counts (RFC 9309 asks for 500 KiB at least).
const maxRobots = 500 << 10

// maxCrawlDelay is the longest gap between requests that a site is granted. The
// field is no part of RFC 9309, but what sites use to say how fast is too fast.
const maxCrawlDelay = 10 * time.Second

// robotsRules are the rules of one robots.txt that concern one agent.
type robotsRules struct {
	rules []robotsRule
	delay time.Duration // between the starts of two requests
}

type robotsRule struct {
	pattern string // normalised; '*' stands for anything, a final '$' for the end
	allow   bool
}

// parseRobots reads the groups that name the agent, or those for "*" where none
// does. It reads every text; what is no rule is no rule.
func parseRobots(text []byte, agent string) robotsRules {
	text = text[:min(len(text), maxRobots)]
	text = bytes.TrimPrefix(text, []byte("\xef\xbb\xbf"))
	var named, anyone groupReader
	named.agent, anyone.agent = strings.ToLower(agent), "*"
	lines := bufio.NewScanner(bytes.NewReader(text))
	lines.Buffer(nil, maxRobots+1)
	lines.Split(scanRobotsLines)
	for lines.Scan() {
		line, _, _ := strings.Cut(lines.Text(), "#")
		key, value, ok := strings.Cut(line, ":")
		if !ok {
			continue
		}
		key, value = strings.ToLower(strings.TrimSpace(key)), strings.TrimSpace(value)
		named.line(key, value)
		anyone.line(key, value)
	}
	if named.seen {
		return named.found
	}
	return anyone.found
}

// scanRobotsLines ends a line at LF, CR or both.
func scanRobotsLines(data []byte, atEOF bool) (int, []byte, error) {
	if i := bytes.IndexAny(data, "\r\n"); i >= 0 {
		return i + 1, data[:i], nil
	}
	if atEOF && len(data) > 0 {
		return len(data), data, nil
	}
	return 0, nil, nil
}

// groupReader collects the rules of one agent over all its groups.
type groupReader struct {
	agent  string
	seen   bool // some group names the agent
	mine   bool // the current group does
	inBody bool // the current group has rules, so the next agent line starts another
	found  robotsRules
}

func (g *groupReader) line(key, value string) {
	switch key {
	case "user-agent":
		if g.inBody {
			g.mine, g.inBody = false, false
		}
		if g.names(value) {
			g.mine, g.seen = true, true
		}
	case "allow", "disallow":
		g.inBody = true
		if g.mine && value != "" {
			g.found.rules = append(g.found.rules, robotsRule{pattern: normalisePath(value), allow: key == "allow"})
		}
	case "crawl-delay":
		if g.mine {
			g.found.delay = max(g.found.delay, crawlDelay(value))
		}
	}
}

// crawlDelay reads a number of seconds; what is none asks for nothing.
func crawlDelay(value string) time.Duration {
	seconds, err := strconv.ParseFloat(value, 64)
	if err != nil || !(seconds > 0) {
		return 0
	}
	return time.Duration(min(seconds, maxCrawlDelay.Seconds()) * float64(time.Second))
}

// names compares product tokens: what stands before a version or a comment.
func (g *groupReader) names(value string) bool {
	if g.agent == "*" {
		return value == "*"
	}
	end := strings.IndexFunc(value, func(r rune) bool {
		return r != '-' && r != '_' && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
	})
	if end >= 0 {
		value = value[:end]
	}
	return strings.ToLower(value) == g.agent
}

// allows applies the longest rule that matches the path with its query; of equal
// ones the one that allows.
func (r robotsRules) allows(path string) bool {
	if path == "/robots.txt" {
		return true
	}
	path = normalisePath(path)
	longest, allowed := -1, true
	for _, rule := range r.rules {
		if len(rule.pattern) < longest || !matchRobots(rule.pattern, path) {
			continue
		}
		if len(rule.pattern) > longest {
			longest, allowed = len(rule.pattern), rule.allow
		} else {
			allowed = allowed || rule.allow
		}
	}
	return allowed
}

// matchRobots matches a prefix pattern in one pass: each piece between stars is
// looked for once, leftmost after the one before.
func matchRobots(pattern, path string) bool {
	pattern, toEnd := strings.CutSuffix(pattern, "$")
	pieces := strings.Split(pattern, "*")
	rest, ok := strings.CutPrefix(path, pieces[0])
	if !ok {
		return false
	}
	if len(pieces) == 1 {
		return !toEnd || rest == ""
	}
	last := len(pieces) - 1
	for _, piece := range pieces[1:last] {
		i := strings.Index(rest, piece)
		if i < 0 {
			return false
		}
		rest = rest[i+len(piece):]
	}
	if toEnd {
		return strings.HasSuffix(rest, pieces[last])
	}
	return strings.Contains(rest, pieces[last])
}

// normalisePath brings a path or a pattern to one spelling: what needs no escape
// stands bare, what is not ASCII is escaped, escapes are in upper case.
func normalisePath(path string) string {
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	for i := 0; i < len(path); i++ {
		c := path[i]
		if c == '%' && i+2 < len(path) && isHex(path[i+1]) && isHex(path[i+2]) {
			if c = unhex(path[i+1])<<4 | unhex(path[i+2]); unreserved(c) {
				b.WriteByte(c)
			} else {
				b.Write([]byte{'%', hex[c>>4], hex[c&15]})
			}
			i += 2
		} else if c < '!' || c > '~' {
			b.Write([]byte{'%', hex[c>>4], hex[c&15]})
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}

func isHex(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
}

func unhex(c byte) byte {
	switch {
	case c >= 'a':
		return c - 'a' + 10
	case c >= 'A':
		return c - 'A' + 10
	default:
		return c - '0'
	}
}

func unreserved(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("-._~", c) >= 0
}
