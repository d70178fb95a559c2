package s3blob_test

import (
	"maps"
	"net/url"
	"slices"
	"strings"
	"testing"

	"dpp/internal/blob"
	"dpp/internal/blob/s3blob"
)

func TestParse(t *testing.T) {
	for text, want := range map[string]s3blob.Options{
		"s3://bucket":                           {Bucket: "bucket"},
		"s3://my.bucket-1/?region=eu-central-1": {Bucket: "my.bucket-1", Region: "eu-central-1"},
		"s3://b-1?endpoint=http://127.0.0.1:9000/&public_endpoint=https://files.example.com&region=auto": {
			Bucket: "b-1", Endpoint: "http://127.0.0.1:9000", PublicEndpoint: "https://files.example.com", Region: "auto",
		},
		"s3://bkt?endpoint=https%3A%2F%2Fhost%2Fstorage%2Fs3": {Bucket: "bkt", Endpoint: "https://host/storage/s3"},
		"s3://bkt?prefix=dpp-1/":                              {Bucket: "bkt", Prefix: "dpp-1/"},
		"s3://bkt?prefix=a/b":                                 {Bucket: "bkt", Prefix: "a/b/"},
		"s3://bkt?path_style=true":                            {Bucket: "bkt", Addressing: s3blob.AddressingPath},
		"s3://bkt?path_style=false":                           {Bucket: "bkt", Addressing: s3blob.AddressingHost},
		"s3://bkt?sse=AES256":                                 {Bucket: "bkt", Encryption: "AES256"},
		"s3://bkt?sse=aws:kms&kms_key=alias/dpp":              {Bucket: "bkt", Encryption: "aws:kms", KMSKey: "alias/dpp"},
		"s3://bkt?kms_key=arn:aws:kms:eu-central-1:1:key/a-b&sse=aws:kms": {
			Bucket: "bkt", Encryption: "aws:kms", KMSKey: "arn:aws:kms:eu-central-1:1:key/a-b",
		},
	} {
		if got, err := s3blob.Parse(text); err != nil || got != want {
			t.Errorf("%s: %+v, %v", text, got, err)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for text, want := range map[string][]string{
		"":                                    {"is no URL of a bucket"},
		"s3:":                                 {"is no URL of a bucket"},
		"s3:bucket":                           {"is no URL of a bucket"},
		"s3://":                               {"is no URL of a bucket"},
		"http://bucket":                       {"is no URL of a bucket"},
		"s3://%zz":                            {"is no URL of a bucket"},
		"s3://AKIA:hush-hush@bucket":          {"holds credentials"},
		"s3://AKIA@bucket":                    {"holds credentials"},
		"s3://:hush-hush@":                    {"holds credentials", "names no bucket"},
		"s3://ab":                             {"names no bucket"},
		"s3://" + strings.Repeat("b", 64):     {"names no bucket"},
		"s3://Bucket":                         {"names no bucket"},
		"s3://buck_et":                        {"names no bucket"},
		"s3://buck..et":                       {"names no bucket"},
		"s3://bucket-":                        {"names no bucket"},
		"s3://bucket.":                        {"names no bucket"},
		"s3://192.168.1.1":                    {"names no bucket"},
		"s3://bucket:9000":                    {"names no bucket"},
		"s3://bucket/folder":                  {"has something behind the bucket"},
		"s3://bucket#x":                       {"has something behind the bucket"},
		"s3://bucket?region=%zz":              {"has a query that cannot be read"},
		"s3://bucket?a;b":                     {"has a query that cannot be read"},
		"s3://bucket?region=":                 {"region must be"},
		"s3://bucket?region=eu central":       {"region must be"},
		"s3://bucket?region=a&region=b":       {"region is given more than once"},
		"s3://bucket?endpoint=host:9000":      {"endpoint must be"},
		"s3://bucket?endpoint=":               {"endpoint must be"},
		"s3://bucket?endpoint=ftp://host":     {"endpoint must be"},
		"s3://bucket?endpoint=http://":        {"endpoint must be"},
		"s3://bucket?endpoint=http://h?x=1":   {"endpoint must be"},
		"s3://bucket?endpoint=http://u:p@h":   {"endpoint must be"},
		"s3://bucket?public_endpoint=h":       {"public_endpoint must be"},
		"s3://bucket?prefix=":                 {"prefix must be"},
		"s3://bucket?prefix=/":                {"prefix must be"},
		"s3://bucket?prefix=/a":               {"prefix must be"},
		"s3://bucket?prefix=a//":              {"prefix must be"},
		"s3://bucket?prefix=../a":             {"prefix must be"},
		"s3://bucket?path_style=yes":          {"path_style must be"},
		"s3://bucket?sse=aes256":              {"sse must be"},
		"s3://bucket?sse=aws:kms&kms_key=a b": {"kms_key must be"},
		"s3://bucket?kms_key=k":               {"kms_key is only for"},
		"s3://bucket?sse=AES256&kms_key=k":    {"kms_key is only for"},
		"s3://bucket?acl=public":              {"has a parameter acl, which is none of endpoint, kms_key, path_style, prefix, public_endpoint, region, sse"},
		"s3://bucket?hush":                    {"has a parameter that is none of"},
		"s3://bucket?Hush-Hush=1":             {"has a parameter that is none of"},
		"s3://u:hush-hush@B/x?region=&sse=1&acl=2&endpoint=hush-hush": {
			"holds credentials", "names no bucket", "has something behind", "has a parameter acl", "endpoint must be", "region must be", "sse must be",
		},
	} {
		opts, err := s3blob.Parse(text)
		if err == nil {
			t.Errorf("%s gives %+v", text, opts)
			continue
		}
		lines := strings.Split(err.Error(), "\n")
		if len(lines) != len(want) || opts != (s3blob.Options{}) || strings.Contains(err.Error(), "hush") {
			t.Errorf("%s: %+v, %q", text, opts, lines)
			continue
		}
		for i, line := range lines {
			if !strings.HasPrefix(line, want[i]) {
				t.Errorf("%s: line %q, want %q", text, line, want[i])
			}
		}
	}
}

// FuzzParse holds that what is read is usable, and that an error repeats nothing that
// stood in the place of a value.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		"s3://bucket", "s3://key:secret-word@bucket?x=1", "s3://bucket?endpoint=http://127.0.0.1:9000&public_endpoint=https://h/p&region=r&prefix=a/b",
		"s3://bucket?sse=aws:kms&kms_key=k&path_style=false", "s3://bucket/secret-word#secret-word", "s3://b:1?%zz", "s3://bucket?secretword=&secret_words=x",
		"s3://aaaaaa?sse&aaaaaaaaaa=0000000000", // a name holds what is a value elsewhere
	} {
		f.Add(seed)
	}
	_, everyName := s3blob.Parse("s3://bucket?-")
	f.Fuzz(func(t *testing.T, text string) {
		opts, err := s3blob.Parse(text)
		if err != nil {
			told := vocabulary + everyName.Error() + names(text)
			for _, value := range values(text) {
				if strings.Contains(err.Error(), value) && !strings.Contains(told, value) {
					t.Errorf("%q: the error tells %q: %v", text, value, err)
				}
			}
			return
		}
		if strings.ToLower(opts.Bucket) != opts.Bucket || strings.ContainsAny(opts.Bucket, "/:@?# ") || len(opts.Bucket) < 3 {
			t.Errorf("%q: bucket %q", text, opts.Bucket)
		}
		if opts.Prefix != "" && blob.CheckFolder(opts.Prefix) != nil {
			t.Errorf("%q: prefix %q", text, opts.Prefix)
		}
		for _, endpoint := range []string{opts.Endpoint, opts.PublicEndpoint} {
			if u, err := url.Parse(endpoint); endpoint != "" && (err != nil || u.Host == "" || u.User != nil || u.RawQuery != "") {
				t.Errorf("%q: endpoint %q", text, endpoint)
			}
		}
	})
}

// vocabulary are words of the messages themselves.
const vocabulary = "is no URL of a bucket: write s3://BUCKET?region=REGION, or s3://BUCKET?endpoint=https://HOST must be http://HOST or https://HOST, " +
	"without user and query dpp-1/ true or false AES256 or aws:kms"

// names are those of a URL's parameters, which errors may tell.
func names(text string) string {
	u, err := url.Parse(text)
	if err != nil {
		return ""
	}
	return strings.Join(slices.Collect(maps.Keys(u.Query())), " ")
}

// values are the parts of a URL that are nobody's business.
func values(text string) (found []string) {
	u, err := url.Parse(text)
	if err != nil {
		return nil
	}
	parts := []string{u.Host, u.Path, u.Fragment}
	if u.User != nil {
		password, _ := u.User.Password()
		parts = append(parts, u.User.Username(), password)
	}
	for _, given := range u.Query() {
		parts = append(parts, given...)
	}
	for _, part := range parts {
		if len(part) >= 6 {
			found = append(found, part)
		}
	}
	return found
}
