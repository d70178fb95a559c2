package sqsqueue

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

const (
	scheme        = "sqs"
	addressLength = 2048
	shape         = "write sqs://queue-name?endpoint=https://host&region=name"
)

var (
	queueName  = regexp.MustCompile(`^[A-Za-z0-9_-]{1,80}$`)
	regionName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9-]{0,62}$`)
	// What looks like a parameter may be repeated to whoever wrote it; anything else
	// may be a secret in the wrong place.
	parameterName = regexp.MustCompile(`^[a-z][a-z_-]{0,24}$`)
)

// Parse reads the address of a queue: sqs://queue-name?endpoint=…&region=…, of which
// both parameters may be left out. It sets Name, Endpoint and Region of the options.
// The error has one line for each thing that is wrong, and repeats no value, which may
// be a secret.
func Parse(address string) (Options, error) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != scheme || len(address) > addressLength {
		return Options{}, errors.New("is no address of a queue: " + shape) // the parser's own error repeats the address
	}
	parameters, wrong := readParameters(u)
	wrong = append(outsideParameters(u), wrong...)
	opts := Options{Name: u.Host, Endpoint: parameters["endpoint"], Region: parameters["region"]}
	if opts.Endpoint != "" && !validEndpoint(opts.Endpoint) {
		wrong = append(wrong, errors.New("endpoint is no URL: write https://host, or http://host:port, without user, query or fragment"))
	}
	if opts.Region != "" && !regionName.MatchString(opts.Region) {
		wrong = append(wrong, errors.New("region is no name of a region, such as eu-central-1"))
	}
	if len(wrong) > 0 {
		return Options{}, errors.Join(wrong...)
	}
	return opts, nil
}

// outsideParameters judges everything before and behind the query.
func outsideParameters(u *url.URL) (wrong []error) {
	if u.User != nil {
		wrong = append(wrong, errors.New("holds a user or password: credentials come from the AWS_* variables only"))
	}
	switch {
	case strings.HasSuffix(u.Host, ".fifo"):
		wrong = append(wrong, errors.New("names a FIFO queue: use a standard queue, as the order of messages does not matter"))
	case !queueName.MatchString(u.Host):
		wrong = append(wrong, errors.New("has no name of a queue, which is up to 80 letters, digits, hyphens and underscores: "+shape))
	}
	if u.Opaque != "" || u.Path != "" || u.Fragment != "" || strings.HasSuffix(u.String(), "#") {
		wrong = append(wrong, errors.New("has more than a name and parameters: "+shape))
	}
	return wrong
}

// readParameters gives the values of the known parameters and judges all of them,
// in the order of their names.
func readParameters(u *url.URL) (map[string]string, []error) {
	query, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return nil, []error{errors.New("has parameters that cannot be read: " + shape)}
	}
	values := make(map[string]string)
	var wrong []error
	for _, name := range sortedKeys(query) {
		given := query[name]
		switch {
		case name != "endpoint" && name != "region":
			wrong = append(wrong, fmt.Errorf("has an unknown parameter%s: only endpoint and region are known", repeatable(name)))
		case len(given) > 1:
			wrong = append(wrong, fmt.Errorf("%s is given %d times", name, len(given)))
		case given[0] == "":
			wrong = append(wrong, fmt.Errorf("%s is empty: leave it out or give it a value", name))
		default:
			values[name] = given[0]
		}
	}
	return values, wrong
}

func repeatable(name string) string {
	if parameterName.MatchString(name) {
		return " " + name
	}
	return ""
}

func sortedKeys(values url.Values) []string {
	keys := make([]string, 0, len(values))
	for key := range values {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

func validEndpoint(text string) bool {
	u, err := url.Parse(text)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Hostname() != "" && u.Opaque == "" &&
		u.User == nil && u.RawQuery == "" && !u.ForceQuery && !strings.Contains(text, "#")
}
