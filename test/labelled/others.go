package labelled

import (
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"strings"
)

// others are the makers of what is no value.
func others() map[string]maker {
	all := map[string]maker{}
	for _, more := range []map[string]maker{plainWords(), numbers(), examples()} {
		for name, m := range more {
			all[name] = m
		}
	}
	return all
}

func plainWords() map[string]maker {
	title := func(m maker) maker {
		return func(r *rand.Rand) string { text := m(r); return strings.ToUpper(text[:1]) + text[1:] }
	}
	return map[string]maker{
		"first": title(firstName()), "last": title(lastName()),
		"name": func(r *rand.Rand) string { return title(firstName())(r) + " " + title(lastName())(r) },
		"host": func(r *rand.Rand) string {
			return oneOf("db", "web", "mail", "cache", "build")(r) + patterned("-##", r)
		},
		"korean": oneOf("김민준", "이서연", "박지호", "최수아", "정도윤", "강하은", "조시우", "윤지우"),
		"city":   oneOf("Bristol", "Hamburg", "Lyon", "Ottawa", "Oulu", "Perth", "Poznań", "Salem", "Sevilla", "Torino"),
		"item":   oneOf("bearing 6204", "belt A-38", "desk lamp", "filter cartridge", "grease NLGI-2", "label roll", "pump seal", "toner 85A"),
		"date": func(r *rand.Rand) string {
			return fmt.Sprintf("20%02d-%02d-%02d", 19+r.IntN(8), 1+r.IntN(12), 1+r.IntN(28))
		},
		"german date": func(r *rand.Rand) string {
			return fmt.Sprintf("%02d.%02d.20%02d", 1+r.IntN(28), 1+r.IntN(12), 19+r.IntN(8))
		},
		"us date": func(r *rand.Rand) string {
			return fmt.Sprintf("%02d/%02d/20%02d", 1+r.IntN(12), 1+r.IntN(28), 19+r.IntN(8))
		},
		"long date": func(r *rand.Rand) string {
			return fmt.Sprintf("%d %s %d", 1+r.IntN(28), englishMonths()[r.IntN(12)], 1985+r.IntN(40))
		},
		"time":  func(r *rand.Rand) string { return fmt.Sprintf("%02d:%02d:%02d", r.IntN(24), r.IntN(60), r.IntN(60)) },
		"price": func(r *rand.Rand) string { return fmt.Sprintf("%d.%02d", r.IntN(2000), r.IntN(100)) },
		"small": func(r *rand.Rand) string { return fmt.Sprint(1 + r.IntN(99)) },
	}
}

func numbers() map[string]maker {
	withLuhn := func(prefix string, n int) maker {
		return func(r *rand.Rand) string {
			number := prefix + letters(r, digits, n-1-len(prefix))
			return number + string(luhn(number))
		}
	}
	return map[string]maker{
		"epoch":    func(r *rand.Rand) string { return fmt.Sprint(1_600_000_000 + r.IntN(200_000_000)) },
		"epoch ms": func(r *rand.Rand) string { return fmt.Sprint(1_600_000_000_000 + r.Int64N(200_000_000_000)) },
		"imei":     withLuhn("35", 15), "iccid": withLuhn("8949", 19), "loyalty": withLuhn("9", 16), "fleet": withLuhn("7", 16),
		"isbn10": func(r *rand.Rand) string {
			for {
				n := oneOf("0", "1", "3")(r) + letters(r, digits, 8)
				if c := (11 - weighted(n, 10, 9, 8, 7, 6, 5, 4, 3, 2)%11) % 11; c < 10 {
					return n + fmt.Sprint(c)
				}
			}
		},
		"isbn10 dashes": func(r *rand.Rand) string { return patterned("0-#####-###-#", r) },
		"ean": func(r *rand.Rand) string {
			n := "40" + letters(r, digits, 10)
			return n + fmt.Sprint((10-weighted(n, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3)%10)%10)
		},
		"quad": func(r *rand.Rand) string {
			return fmt.Sprintf("%d.%d.%d.%d", 1+r.IntN(140), r.IntN(40), r.IntN(255), r.IntN(255))
		},
		"version":     func(r *rand.Rand) string { return fmt.Sprintf("%d.%d.%d", r.IntN(20), r.IntN(40), r.IntN(40)) },
		"md5":         func(r *rand.Rand) string { return letters(r, hex, 32) },
		"sha1":        func(r *rand.Rand) string { return letters(r, hex, 40) },
		"sha256":      func(r *rand.Rand) string { return letters(r, hex, 64) },
		"sha512":      func(r *rand.Rand) string { return "sha512-" + base64.StdEncoding.EncodeToString(bytesOf(r, 64)) },
		"base64":      func(r *rand.Rand) string { return base64.StdEncoding.EncodeToString(bytesOf(r, 48)) },
		"uuid":        func(r *rand.Rand) string { return patterned("********-****-4***-b***-************", r) },
		"fingerprint": func(r *rand.Rand) string { return strings.TrimSuffix(patterned(strings.Repeat("**:", 16), r), ":") },
		"base58":      func(r *rand.Rand) string { return oneOf("1", "3")(r) + letters(r, base58, 33) },
		"ssh key": func(r *rand.Rand) string {
			return "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI" + letters(r, mixed+"+/", 43)
		},
		"corporation": func(r *rand.Rand) string { return patterned("1###11-#######", r) },
		"coordinates": func(r *rand.Rand) string { return fmt.Sprintf("%.6f, %.6f", 40+r.Float64()*15, r.Float64()*20) },
		"float":       func(r *rand.Rand) string { return fmt.Sprint(r.Float64() * 100) },
		"flight":      func(r *rand.Rand) string { return patterned("@@ ####", r) },
		"duration":    func(r *rand.Rand) string { return fmt.Sprintf("%d.%03d", r.IntN(5), r.IntN(1000)) },
	}
}

// examples are what manuals print.
func examples() map[string]maker {
	return map[string]maker{
		"test card":     oneOf("4111 1111 1111 1111", "4242 4242 4242 4242", "5555 5555 5555 4444", "4000 0000 0000 0002", "3782 822463 10005"),
		"example mail":  oneOf("jane.doe@example.com", "user@example.com", "you@example.org", "john@example.net", "someone@domain.example"),
		"example ip":    oneOf("192.0.2.1", "198.51.100.7", "203.0.113.42", "2001:db8::1"),
		"own ip":        oneOf("127.0.0.1", "0.0.0.0", "255.255.255.0", "::1"),
		"example iban":  oneOf("GB82 WEST 1234 5698 7654 32", "DE89 3704 0044 0532 0130 00"),
		"example ssn":   oneOf("078-05-1120", "219-09-9999", "123-45-6789"),
		"example phone": oneOf("(212) 555-0123", "555-0199", "+1 555 010 9999"),
		"example nino":  oneOf("QQ 12 34 56 C", "QQ123456C"),
		"example aws":   oneOf("AKIAIOSFODNN7EXAMPLE"),
		"example key":   oneOf("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
		"example mac":   oneOf("00:00:00:00:00:00", "ff:ff:ff:ff:ff:ff", "00:00:5e:00:53:01"),
		"example jwt":   oneOf("eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkpvaG4gRG9lIiwiaWF0IjoxNTE2MjM5MDIyfQ.SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c"),
		"example mrz":   oneOf("P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C36UTO7408122F1204159ZE184226B<<<<<10"),
		"placeholder":   oneOf("YOUR_API_KEY", "your-api-key-here", "changeme", "xxxxxxxxxxxxxxxxxxxxxxxx", "<insert token>", "REPLACE_ME", "${API_KEY}", "{{ vault_api_key }}", "********"),
		"cache key":     oneOf("user:profile:12345", "session/2024/state.json", "orders-by-customer-v2", "com.acme.billing.InvoiceService", "i18n.checkout.button.submit"),
	}
}
