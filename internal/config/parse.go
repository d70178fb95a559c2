package config

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"dpp"
)

// What is said of values that cannot be read. None repeats the value.
var (
	errEmpty    = errors.New("is empty")
	errDuration = errors.New("is no duration: write it as 30s, 5m, 2h or 30d")
	errNumber   = errors.New("is no whole number")
	errYesNo    = errors.New("is neither true nor false")
	errAddress  = errors.New("is no address: write host:port, such as 127.0.0.1:8000")
	errURL      = errors.New("is no URL: write https://host, without query or user")
	errOrigin   = errors.New("is no list of origins: write https://host with commas between, or *")
	errCIDR     = errors.New("is no list of address ranges: write 10.0.0.0/8 with commas between")
	errLogLevel = errors.New("is none of debug, info, warn, error")
	errEngine   = errors.New("is none of auto, wasm, tesseract")
	errFormat   = errors.New("is none of json, text")
	errKey      = errors.New("is no key: write 32 to 1000 visible ASCII characters")
)

type setter = func(c *Config, text string) error

func text(field func(*Config) *string) setter {
	return func(c *Config, text string) error {
		if text == "" {
			return errEmpty
		}
		*field(c) = text
		return nil
	}
}

func optional(field func(*Config) *string) setter {
	return func(c *Config, text string) error {
		*field(c) = text
		return nil
	}
}

func duration(least, most time.Duration, field func(*Config) *time.Duration) setter {
	return func(c *Config, text string) error {
		d, err := ParseDuration(text)
		if err != nil {
			return err
		}
		if d < least || d > most {
			return fmt.Errorf("must be from %s to %s", least, most)
		}
		*field(c) = d
		return nil
	}
}

// ParseDuration reads 30s, 5m, 1h30m and, beyond what package time knows, whole
// days as 30d. Nothing below zero is a duration here.
func ParseDuration(text string) (time.Duration, error) {
	if days, ok := strings.CutSuffix(text, "d"); ok {
		n, err := strconv.ParseUint(days, 10, 16)
		if err != nil {
			return 0, errDuration
		}
		return time.Duration(n) * day, nil
	}
	d, err := time.ParseDuration(text)
	if err != nil || d < 0 {
		return 0, errDuration
	}
	return d, nil
}

func number(most int64, set func(*Config, int64)) setter {
	return func(c *Config, text string) error {
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return errNumber
		}
		if n < 1 || n > most {
			return fmt.Errorf("must be from 1 to %d", most)
		}
		set(c, n)
		return nil
	}
}

func yesNo(field func(*Config) *bool) setter {
	return func(c *Config, text string) error {
		if text != "true" && text != "false" {
			return errYesNo
		}
		*field(c) = text == "true"
		return nil
	}
}

var hostname = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*$`)

func address(field func(*Config) *string) setter {
	return func(c *Config, text string) error {
		host, port, err := net.SplitHostPort(text)
		if err != nil {
			return errAddress
		}
		if _, err := strconv.ParseUint(port, 10, 16); err != nil {
			return errAddress
		}
		if _, err := netip.ParseAddr(host); err != nil && host != "" && (len(host) > 253 || !hostname.MatchString(host)) {
			return errAddress
		}
		*field(c) = text
		return nil
	}
}

func setPublicURL(c *Config, text string) error {
	u, ok := webURL(text)
	if !ok {
		return errURL
	}
	c.PublicURL = strings.TrimRight(u.String(), "/")
	return nil
}

func webURL(text string) (*url.URL, bool) {
	u, err := url.Parse(text)
	ok := err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Hostname() != "" && u.User == nil &&
		u.RawQuery == "" && !u.ForceQuery && u.Fragment == "" && !strings.Contains(text, "#")
	return u, ok
}

func setOrigins(c *Config, text string) error {
	c.CORSOrigins = nil
	for origin := range strings.SplitSeq(text, ",") {
		origin = strings.TrimSpace(origin)
		if u, ok := webURL(origin); origin != "*" && (!ok || u.Path != "") {
			return errOrigin
		}
		c.CORSOrigins = append(c.CORSOrigins, origin)
	}
	return nil
}

func setCIDRs(c *Config, text string) error {
	c.URLAllowCIDRs = nil
	for one := range strings.SplitSeq(text, ",") {
		p, err := netip.ParsePrefix(strings.TrimSpace(one))
		if err != nil {
			return errCIDR
		}
		c.URLAllowCIDRs = append(c.URLAllowCIDRs, p.Masked())
	}
	return nil
}

func setLogLevel(c *Config, text string) error {
	levels := map[string]slog.Level{"debug": slog.LevelDebug, "info": slog.LevelInfo, "warn": slog.LevelWarn, "error": slog.LevelError}
	level, ok := levels[text]
	if !ok {
		return errLogLevel
	}
	c.LogLevel = level
	return nil
}

func setOCREngine(c *Config, text string) error {
	engine := OCREngine(text)
	if engine != OCRAuto && engine != OCRWASM && engine != OCRTesseract {
		return errEngine
	}
	c.OCREngine = engine
	return nil
}

func setLogFormat(c *Config, text string) error {
	format := LogFormat(text)
	if format != LogJSON && format != LogText {
		return errFormat
	}
	c.LogFormat = format
	return nil
}

var fingerprintKey = regexp.MustCompile(`^[!-~]{32,1000}$`)

func setFingerprintKey(c *Config, text string) error {
	if !fingerprintKey.MatchString(text) {
		return errKey
	}
	c.FingerprintKey = dpp.Secret(text)
	return nil
}
