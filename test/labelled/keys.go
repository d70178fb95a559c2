package labelled

import (
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"strings"
)

// secretMakers are keys of many makers, in the forms that these document, and those that
// nobody's form tells.
func secretMakers() map[string]maker {
	base32 := "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
	all := map[string]maker{
		"aws":       func(r *rand.Rand) string { return "AKIA" + letters(r, base32, 16) },
		"aws key":   func(r *rand.Rand) string { return letters(r, mixed+"/+", 40) },
		"anthropic": func(r *rand.Rand) string { return "sk-ant-api03-" + letters(r, mixed+"-_", 93) + "AA" },
		"openai":    func(r *rand.Rand) string { return "sk-" + letters(r, mixed, 20) + "T3BlbkFJ" + letters(r, mixed, 20) },
		"jwt":       jwt,
		"pem":       pem,
		"telegram":  func(r *rand.Rand) string { return letters(r, digits, 10) + ":AA" + letters(r, mixed+"-_", 33) },
		"sendgrid": func(r *rand.Rand) string {
			return "SG." + letters(r, mixed+"-_", 22) + "." + letters(r, mixed+"-_", 43)
		},
		"slack": func(r *rand.Rand) string {
			return "xoxb-" + letters(r, digits, 12) + "-" + letters(r, digits, 13) + "-" + letters(r, mixed, 24)
		},
		"hook": func(r *rand.Rand) string {
			return "https://hooks.slack.com/services/T" + letters(r, digits+capitals, 8) + "/B" + letters(r, digits+capitals, 10) + "/" + letters(r, mixed, 24)
		},
		"password": func(r *rand.Rand) string { return letters(r, mixed+"!%+-_", 14+r.IntN(8)) },
		"chosen": func(r *rand.Rand) string {
			return oneOf("Sommer", "Dragon", "Paris", "hunter", "Liverpool")(r) + patterned("####", r) + oneOf("!", "#", "", "?")(r)
		},
		"base64": func(r *rand.Rand) string { return base64.StdEncoding.EncodeToString(bytesOf(r, 32)) },
		"uuid":   func(r *rand.Rand) string { return patterned("********-****-4***-a***-************", r) },
	}
	for name, form := range map[string]struct {
		before, alphabet string
		n                int
	}{
		"github": {"ghp_", mixed, 36}, "gitlab": {"glpat-", mixed, 20}, "stripe": {"sk_live_", mixed, 24}, "google": {"AIza", mixed + "-_", 35}, "npm": {"npm_", mixed, 36},
		"digitalocean": {"dop_v1_", hex, 64}, "shopify": {"shpat_", hex, 32}, "huggingface": {"hf_", capitals + small, 34}, "databricks": {"dapi", hex, 32}, "linear": {"lin_api_", mixed, 40},
		"newrelic": {"NRAK-", digits + capitals, 27}, "twilio": {"SK", hex, 32}, "hex": {"", hex, 32}, "long hex": {"", hex, 64}, "mixed": {"", mixed, 32}, "small": {"", digits + small, 24},
	} {
		all[name] = func(r *rand.Rand) string { return form.before + letters(r, form.alphabet, form.n) }
	}
	named := map[string]maker{}
	for name, m := range all {
		named[Secret+" "+name] = m
	}
	return named
}

func jwt(r *rand.Rand) string {
	part := func(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }
	return part(`{"alg":"HS256","typ":"JWT"}`) + "." + part(fmt.Sprintf(`{"sub":"%d","exp":%d}`, r.IntN(1e6), 1_700_000_000+r.IntN(1e8))) + "." + letters(r, mixed+"-_", 43)
}

func pem(r *rand.Rand) string {
	var b strings.Builder
	b.WriteString("-----BEGIN RSA PRIVATE KEY-----\n")
	for range 12 {
		b.WriteString(letters(r, mixed+"+/", 64) + "\n")
	}
	return b.String() + "-----END RSA PRIVATE KEY-----"
}
