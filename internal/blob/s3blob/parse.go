package s3blob

import (
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"dpp/internal/blob"
)

// What is said of a URL that cannot be used. None repeats a value: a URL may hold
// secrets in places where it should not.
var (
	errURL    = errors.New("is no URL of a bucket: write s3://BUCKET?region=REGION, or s3://BUCKET?endpoint=https://HOST")
	errUser   = errors.New("holds credentials: they belong in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY")
	errBucket = errors.New("names no bucket: that is 3 to 63 lower-case letters, digits, '-' and '.', without a port")
	errPath   = errors.New("has something behind the bucket: a folder of it is given as prefix=")
	errQuery  = errors.New("has a query that cannot be read: write name=value with & between, and % as %25")
	errKMSKey = errors.New("kms_key is only for sse=aws:kms")

	errEndpoint = errors.New("must be http://HOST or https://HOST, without user and query")
	errRegion   = errors.New("must be 1 to 40 letters, digits, '-' and '_'")
	errPrefix   = errors.New("must be a folder such as dpp-1/, of letters, digits, '-', '_', '.' and '/', at most 200")
	errBool     = errors.New("must be true or false")
	errSSE      = errors.New("must be AES256 or aws:kms")
	errKey      = errors.New("must be the id, the ARN or an alias of a key")
)

var (
	bucketName  = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]|\.[a-z0-9])+$`)
	regionName  = regexp.MustCompile(`^[A-Za-z0-9_-]{1,40}$`)
	kmsKeyName  = regexp.MustCompile(`^[A-Za-z0-9:/_-]{1,256}$`)
	unknownName = regexp.MustCompile(`^[a-z][a-z_]{0,23}$`)
)

// parameters of the URL, each with what it sets.
var parameters = map[string]func(o *Options, value string) error{
	"endpoint":        func(o *Options, value string) error { return setEndpoint(&o.Endpoint, value) },
	"public_endpoint": func(o *Options, value string) error { return setEndpoint(&o.PublicEndpoint, value) },
	"region":          func(o *Options, value string) error { return setMatch(&o.Region, value, regionName, errRegion) },
	"prefix":          setPrefix,
	"path_style":      setAddressing,
	"sse":             setEncryption,
	"kms_key":         func(o *Options, value string) error { return setMatch(&o.KMSKey, value, kmsKeyName, errKey) },
}

// Parse reads s3://BUCKET with the parameters endpoint, public_endpoint, region,
// prefix, path_style, sse and kms_key. The error has a line for each thing that is
// wrong, fit to stand behind the name of the setting, and tells no value.
func Parse(text string) (Options, error) {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "s3" || u.Opaque != "" || u.Host == "" && u.User == nil {
		return Options{}, errURL
	}
	opts := Options{Bucket: u.Host}
	var wrong []error
	if u.User != nil {
		wrong = append(wrong, errUser)
	}
	if !validBucket(u.Host) {
		wrong = append(wrong, errBucket)
	}
	if u.Path != "" && u.Path != "/" || u.Fragment != "" || strings.Contains(text, "#") {
		wrong = append(wrong, errPath)
	}
	query, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		wrong = append(wrong, errQuery)
	} else {
		wrong = append(wrong, setAll(&opts, query)...)
	}
	if err := errors.Join(wrong...); err != nil {
		return Options{}, err
	}
	return opts, nil
}

func setAll(opts *Options, query url.Values) (wrong []error) {
	for _, name := range slices.Sorted(maps.Keys(query)) {
		set, known := parameters[name]
		switch {
		case !known:
			wrong = append(wrong, unknown(name, query.Get(name)))
		case len(query[name]) > 1:
			wrong = append(wrong, fmt.Errorf("%s is given more than once", name))
		default:
			if err := set(opts, query.Get(name)); err != nil {
				wrong = append(wrong, fmt.Errorf("%s %w", name, err))
			}
		}
	}
	if opts.KMSKey != "" && opts.Encryption != "aws:kms" && len(wrong) == 0 {
		wrong = append(wrong, errKMSKey)
	}
	return wrong
}

// unknown names a parameter only where it looks like the name of one: what stands
// there may as well be a secret behind a stray &.
func unknown(name, value string) error {
	known := strings.Join(slices.Sorted(maps.Keys(parameters)), ", ")
	if value == "" || !unknownName.MatchString(name) {
		return fmt.Errorf("has a parameter that is none of %s", known)
	}
	return fmt.Errorf("has a parameter %s, which is none of %s", name, known)
}

func validBucket(name string) bool {
	_, err := netip.ParseAddr(name)
	return err != nil && len(name) >= 3 && len(name) <= 63 && bucketName.MatchString(name) && !strings.HasSuffix(name, "-")
}

func setEndpoint(field *string, value string) error {
	u, err := url.Parse(value)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || u.User != nil ||
		u.RawQuery != "" || u.ForceQuery || strings.Contains(value, "#") {
		return errEndpoint
	}
	*field = strings.TrimRight(value, "/")
	return nil
}

func setMatch(field *string, value string, pattern *regexp.Regexp, otherwise error) error {
	if !pattern.MatchString(value) {
		return otherwise
	}
	*field = value
	return nil
}

func setPrefix(o *Options, value string) error {
	folder := strings.TrimSuffix(value, "/")
	if len(folder) > 200 || !blob.ValidKey(folder) {
		return errPrefix
	}
	o.Prefix = folder + "/"
	return nil
}

func setAddressing(o *Options, value string) error {
	switch value {
	case "true":
		o.Addressing = AddressingPath
	case "false":
		o.Addressing = AddressingHost
	default:
		return errBool
	}
	return nil
}

func setEncryption(o *Options, value string) error {
	if value != "AES256" && value != "aws:kms" {
		return errSSE
	}
	o.Encryption = value
	return nil
}
