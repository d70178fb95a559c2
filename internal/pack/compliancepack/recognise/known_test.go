package recognise_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"dpp/internal/pack/compliancepack/recognise"
)

// shown writes findings with their values, as tests may.
func shown(text string, found []recognise.Finding) string {
	var all []string
	for _, f := range found {
		all = append(all, fmt.Sprintf("%s(%s)%s", f.Kind, text[f.Start:f.End], f.Detail))
	}
	return strings.Join(all, " ")
}

func TestWhatIsFound(t *testing.T) {
	for text, want := range map[string]string{
		"":                                                               "",
		"Nothing to see here, 12 times":                                  "",
		"Write to jo@example.org.":                                       "email(jo@example.org)",
		"<jo.o'neil+x@mail.example.co.uk>, a@b":                          "email(jo.o'neil+x@mail.example.co.uk)",
		"jo@example.org.The next sentence":                               "email(jo@example.org)",
		"jo@example.nosuchdomain":                                        "",
		"jo.@example.org a..b@example.org":                               "email(a..b@example.org)",
		"메일은 jo@example.org입니다":                                          "email(jo@example.org)",
		"tel. +44 (0)20 7946 0018":                                       "phone(+44 (0)20 7946 0018)GB",
		"+1-202-555-0143 and 202.555.0143":                               "phone(+1-202-555-0143)US phone(202.555.0143)US",
		"연락처 010-1234-5678로":                                             "phone(010-1234-5678)KR",
		"on 2026-11-29 and 01.02.2026":                                   "",
		"10.20.30.40 is no telephone":                                    "ip(10.20.30.40)v4",
		"IBAN DE02 1203 0000 0000 2020 51, DE03 1203 0000 0000 2020 51":  "iban(DE02 1203 0000 0000 2020 51)DE",
		"card 3782 822463 10005":                                         "credit_card(3782 822463 10005)american_express",
		"card 3056 930902 5904":                                          "credit_card(3056 930902 5904)diners_club",
		"paid with 6011-0009-9013-9424, thanks":                          "credit_card(6011-0009-9013-9424)discover",
		"card 4111 1111 1111 1111 123":                                   "credit_card(4111 1111 1111 1111)visa",
		"card 4111-1111 1111-1111":                                       "",
		"SSN 346-73-1350":                                                "us_ssn(346-73-1350)",
		"part no. 346731350":                                             "",
		"주민등록번호는 900115-1181772입니다":                                      "kr_rrn(900115-1181772)",
		"991231-2000000 issued later, without a check":                   "kr_rrn(991231-2000000)",
		"born 12 March 1985, signed 12 March 2020, hired 2021":           "date_of_birth(12 March 1985)",
		"dates of birth: 1985-03-12, 1990-01-02":                         "date_of_birth(1985-03-12) date_of_birth(1990-01-02)",
		"\"birthdate\": \"1985-03-12\", \"hired\": \"2020-01-02\"":       "date_of_birth(1985-03-12)",
		"born 12 March 1985, hired 2 May 2020, wife born 3 May 1986":     "date_of_birth(12 March 1985) date_of_birth(3 May 1986)",
		"MAIL_FROM=jo@example.org x b+jo=example.org@li.example.org":     "email(jo@example.org) email(b+jo=example.org@li.example.org)",
		"Date of birth: March 3rd":                                       "",
		"DOB: Mar 3, 1985":                                               "date_of_birth(Mar 3, 1985)",
		"born on the 3rd of":                                             "",
		"geboren am 31.12.1999":                                          "date_of_birth(31.12.1999)",
		"생년월일 1985년 3월 12일":                                              "date_of_birth(1985년 3월 12일)",
		"version 10.2.3.4":                                               "ip(10.2.3.4)v4",
		"a::b c::d":                                                      "",
		"at 2001:db8::1, port 80":                                        "ip(2001:db8::1)v6",
		"00:1A:2B:3C:4D:5E:6F":                                           "",
		"bc1p5cyxnuxmeuwuvkwfem96lqzszd02n6xdcjrs20cac6yqjjwudpxqkedrcr": "crypto(bc1p5cyxnuxmeuwuvkwfem96lqzszd02n6xdcjrs20cac6yqjjwudpxqkedrcr)btc",
		"L898902C36UTO7408122F1204159ZE184226B<<<<<10":                   "passport_mrz(L898902C36UTO7408122F1204159ZE184226B<<<<<10)",
		"NINO AB 12 34 56 C; ab123456c":                                  "uk_nino(AB 12 34 56 C) uk_nino(ab123456c)",
	} {
		found, cut := recognise.Find(t.Context(), text, nil, recognise.Options{MinConfidence: 0.35})
		if got := shown(text, found); got != want || cut {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
}

func TestWordsBeforeAValueRaiseConfidence(t *testing.T) {
	confidence := func(text, kind string) float64 {
		found, _ := recognise.Find(t.Context(), text, []string{kind}, recognise.Options{})
		if len(found) != 1 {
			t.Errorf("%q: %v", text, found)
			return 0
		}
		return found[0].Confidence
	}
	for _, c := range []struct{ less, more, kind string }{
		{"346731350", "346-73-1350", "us_ssn"},
		{"346-73-1350", "SSN: 346-73-1350", "us_ssn"},
		{"lessnoise 346-73-1350", "My SSNs are 346-73-1350", "us_ssn"},
		{strings.Repeat("x ", 40) + "346731350", "social security number 346731350", "us_ssn"},
		{"SSN, " + strings.Repeat("x ", 40) + "346731350", "SSN, " + strings.Repeat("x ", 20) + "346731350", "us_ssn"},
		{"346731350 SSN", "SSN 346731350", "us_ssn"},
		{"991231-2000001", "900115-1181772", "kr_rrn"},
		{"version 10.2.3.4", "client 10.2.3.4", "ip"},
		{"firmware 10.2.3.4", "10.2.3.4", "ip"},
		{"Browser/10.2.3.4", "https://10.2.3.4", "ip"},
		{"12:34:56:07:08:09", "12:34:56:07:08:0a", "mac"},
		{"3883 4424 5569 9645 9287", "3883 4424 5569 9645", "credit_card"},
		{"26 3883 4424 5569 9645", "26: 3883 4424 5569 9645", "credit_card"},
		{"34 662 817 956", "34, 662 817 956", "ca_sin"},
		{"10.2.3.4.5", "10.2.3.4", "ip"},
		{"a::b", "2001:db8::b", "ip"},
		{"ab123456c", "AB123456C", "uk_nino"},
	} {
		if less, more := confidence(c.less, c.kind), confidence(c.more, c.kind); less >= more || less <= 0 || more > 1 {
			t.Errorf("%q %v, %q %v", c.less, less, c.more, more)
		}
	}
}

// What manuals print is told from what may be somebody's.
func TestPrintedExamples(t *testing.T) {
	for text, want := range map[string]bool{
		"jo@example.org": true, "jo@mail.example.com": true, "jo@example.de": false, "jo@myexample.com": false, "jo@nosuch.example.co.uk": false,
		"4111 1111 1111 1111": true, "4242-4242-4242-4242": true, "4539 1488 0343 6467": false,
		"DE89 3704 0044 0532 0130 00": true, "DE02 1203 0000 0000 2020 51": false,
		"127.0.0.1": true, "255.255.0.0": true, "0.0.0.0": true, "::1": true, "192.0.2.77": true, "2001:db8::7/64": true, "8.8.8.8": false, "2001:470::7": false,
		"00:00:5e:00:53:0a": true, "00:00:5e:00:54:0a": false,
		"+1 202 555 0143": true, "+1 202 555 0243": false, "+44 20 7946 0018": true, "+44 20 7945 0018": false,
		"L898902C36UTO7408122F1204159ZE184226B<<<<<10": true,
	} {
		found, _ := recognise.Find(t.Context(), text, nil, recognise.Options{MinConfidence: 0.35})
		if len(found) != 1 || found[0].Printed != want {
			t.Errorf("%q: %+v, want %v", text, found, want)
		}
	}
}

// Of two that overlap the surer one stays.
func TestOverlap(t *testing.T) {
	text := "5555555555554444 900115-1181772"
	found, _ := recognise.Find(t.Context(), text, nil, recognise.Options{})
	if got := shown(text, found); got != "credit_card(5555555555554444)mastercard kr_rrn(900115-1181772)" {
		t.Error(got)
	}
	text = "NHS 238 311 2526"
	found, _ = recognise.Find(t.Context(), text, nil, recognise.Options{})
	if got := shown(text, found); got != "uk_nhs(238 311 2526)" {
		t.Error(got)
	}
}

func TestRegionsOfNumbers(t *testing.T) {
	const text = "06 12 34 56 78"
	for _, c := range []struct {
		regions []string
		want    string
	}{
		{nil, "phone(06 12 34 56 78)DE"},
		{[]string{"FR", "DE"}, "phone(06 12 34 56 78)FR"},
		{[]string{"US"}, ""},
		{[]string{}, ""},
		{[]string{"nowhere"}, ""},
	} {
		found, _ := recognise.Find(t.Context(), text, []string{"phone"}, recognise.Options{Regions: c.regions})
		if got := shown(text, found); got != c.want {
			t.Errorf("%v: %s", c.regions, got)
		}
	}
}

func TestBounds(t *testing.T) {
	text := strings.Repeat("jo@example.org ", 100)
	found, cut := recognise.Find(t.Context(), text, nil, recognise.Options{Limit: 10})
	if len(found) != 10 || !cut {
		t.Errorf("%d findings, cut %v", len(found), cut)
	}
	if found, cut = recognise.Find(t.Context(), text, nil, recognise.Options{Limit: 100}); len(found) != 100 || cut {
		t.Errorf("%d findings, cut %v", len(found), cut)
	}
	if found, cut = recognise.Find(t.Context(), text, []string{"iban", "nothing"}, recognise.Options{}); len(found) != 0 || cut {
		t.Errorf("%v, cut %v", found, cut)
	}
	ended, stop := context.WithCancel(t.Context())
	stop()
	if _, cut = recognise.Find(ended, text, nil, recognise.Options{}); !cut {
		t.Error("a text is looked at behind the end of the context")
	}
}
