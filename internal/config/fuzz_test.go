package config

import (
	"errors"
	"strings"
	"testing"
)

func FuzzFile(f *testing.F) {
	f.Add([]byte(`{"lease_ttl":"60s","max_attempts":3,"charge_platform_faults":true,"url_allow_cidrs":["10.0.0.0/8"],"prices":null}`))
	f.Add([]byte(`{"a":{"b":[1]}}`))
	f.Fuzz(func(t *testing.T, content []byte) {
		values, err := parseFile(content, "--config")
		if err == nil {
			_, err = assemble(Up, nil, nil, values)
		}
		var e *Error
		if err != nil && (!errors.As(err, &e) || e.Where == "" || e.Why == "" || strings.ContainsAny(e.Error(), "\n\r\x1b")) {
			t.Fatalf("%q: %q", content, err)
		}
	})
}

// FuzzSettings: no text makes any setting panic, or stand outside its bounds.
func FuzzSettings(f *testing.F) {
	for _, s := range Settings() {
		f.Add(s.Default)
	}
	for _, text := range []string{"url.url=1/5,a.b=0.0001", "10.0.0.0/8", "https://x,*", "30d", "1h30m", "[::1]:80"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, s := range Settings() {
			var c Config
			if s.set(&c, text) != nil {
				continue
			}
			for _, units := range c.Prices {
				for _, p := range units {
					if p.Amount < 0 || p.Per < 1 || p.Unit == "" {
						t.Fatalf("%q gave %+v", text, p)
					}
				}
			}
			if c.LLM.PriceInput < 0 || !c.LLM.PriceOutput.Whole() || strings.ContainsAny(string(c.LLM.Key)+c.LLM.Model, " \r\n\x00") || strings.HasSuffix(c.LLM.URL, "/") {
				t.Fatalf("%s from %q gave a model that cannot be", s.Name, text)
			}
			if c.Timing.LeaseTTL < 0 || c.Retention < 0 || c.WorkerConcurrency < 0 || c.SubmitsPerMin < 0 || strings.HasSuffix(c.PublicURL, "/") {
				t.Fatalf("%s from %q gave %+v", s.Name, text, c)
			}
		}
	})
}
