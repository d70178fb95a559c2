// Package llm asks a language model that an operator has configured, over the chat
// completions protocol that OpenAI began and most servers speak. It asks for one thing
// alone: a JSON document of a given form. What a model says is foreign input; nothing of
// it is believed that does not have the form.
//
// Tokens are priced units of the run that asks. The worst that a call could take is held
// on the run's meter before anything is sent, what it took is counted when the answer is
// there, so no call is made that the run could not pay.
//
// Everything is bounded: time, bytes, calls at once, tries. No redirect is followed. The
// key is in no error, log or answer.
package llm

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"dpp"
)

// Units under which tokens are sold, and for how many of them a price stands.
const (
	UnitInput  = "llm_input_token"
	UnitOutput = "llm_output_token"
	PricePer   = 1_000_000
)

// Bounds of a client.
const (
	// MaxReply is the most bytes of an answer that are read.
	MaxReply = 1 << 20
	// MaxPrompt is the most bytes that a prompt has, its form included.
	MaxPrompt = 256 << 10

	defaultTimeout     = 40 * time.Second
	defaultConcurrency = 8
	connectTimeout     = 5 * time.Second
	maxReplyHeader     = 64 << 10
	idleTimeout        = 30 * time.Second
	path               = "/chat/completions"
)

// Options of a [Client]. URL and Model are required.
type Options struct {
	// URL is where the API begins, such as https://api.example.com/v1; the path of chat
	// completions is added where it does not end with it.
	URL string
	// Key is sent as a bearer token; empty: none is.
	Key dpp.Secret
	// Model is the model's name at the server.
	Model string
	// PriceInput and PriceOutput are prices of [PricePer] tokens.
	PriceInput, PriceOutput dpp.Money
	// Timeout bounds one try, its connection and its whole answer included; default 40 s.
	Timeout time.Duration
	// Concurrency is how many calls of a process are under way at once; default 8.
	Concurrency int
	// Transport takes the place of the network, for tests.
	Transport http.RoundTripper
}

// String tells nothing of the key.
func (o Options) String() string { return "endpoint for model " + o.Model }

// LogValue is [Options.String] for logs.
func (o Options) LogValue() slog.Value { return slog.StringValue(o.String()) }

// Client asks one model. It is safe for concurrent use.
type Client struct {
	endpoint  string
	model     string
	prices    [2]dpp.Money
	timeout   time.Duration
	http      *http.Client
	authorize func(*http.Request) // holds the key, so that nothing prints it
	slots     chan struct{}
	dialect   atomic.Pointer[dialect]
}

// New makes a client; it connects to nothing. The error tells what is wrong with the
// options and repeats none of them.
func New(o Options) (*Client, error) {
	endpoint, err := endpointOf(o.URL)
	if err != nil {
		return nil, err
	}
	if o.Model == "" {
		return nil, errors.New("llm: no model is named")
	}
	c := &Client{endpoint: endpoint, model: o.Model, prices: [2]dpp.Money{o.PriceInput, o.PriceOutput}, timeout: o.Timeout, authorize: bearer(o.Key)}
	if c.timeout <= 0 {
		c.timeout = defaultTimeout
	}
	if o.Concurrency <= 0 {
		o.Concurrency = defaultConcurrency
	}
	c.slots = make(chan struct{}, o.Concurrency)
	c.dialect.Store(&dialect{})
	c.http = &http.Client{Transport: o.Transport, CheckRedirect: stay}
	if o.Transport == nil {
		c.http.Transport = transport(o.Concurrency)
	}
	return c, nil
}

func endpointOf(text string) (string, error) {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return "", errors.New("llm: the URL of the endpoint is not https://HOST/PATH")
	}
	whole := strings.TrimRight(u.String(), "/")
	if !strings.HasSuffix(whole, path) {
		whole += path
	}
	return whole, nil
}

func bearer(key dpp.Secret) func(*http.Request) {
	return func(r *http.Request) {
		if key != "" {
			r.Header.Set("Authorization", "Bearer "+string(key))
		}
	}
}

// stay follows no redirect: a key goes nowhere but where the operator said.
func stay(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// transport is the network. An answer is not unpacked, so its bytes are what they cost.
func transport(connections int) *http.Transport {
	dialer := &net.Dialer{Timeout: connectTimeout}
	return &http.Transport{
		Proxy:       http.ProxyFromEnvironment,
		DialContext: dialer.DialContext, TLSHandshakeTimeout: connectTimeout, ForceAttemptHTTP2: true,
		MaxResponseHeaderBytes: maxReplyHeader, DisableCompression: true,
		MaxConnsPerHost: connections, MaxIdleConnsPerHost: connections, IdleConnTimeout: idleTimeout,
	}
}

// Model is the name of the model that is asked.
func (c *Client) Model() string { return c.model }

// Prices are those of a pack that asks the model.
func (c *Client) Prices() []dpp.Price {
	return []dpp.Price{{Unit: UnitInput, Per: PricePer, Amount: c.prices[0]}, {Unit: UnitOutput, Per: PricePer, Amount: c.prices[1]}}
}

// Units says in words what the priced units are.
func Units() map[string]string {
	return map[string]string{
		UnitInput:  "a token of a prompt, as the language model's server counts them",
		UnitOutput: "a token of a language model's answer, as its server counts them",
	}
}

// Close ends idle connections. Calls may be made afterwards, too.
func (c *Client) Close() error {
	c.http.CloseIdleConnections()
	return nil
}

// String tells nothing of key and URL.
func (c *Client) String() string { return "client of model " + c.model }

// Format is [Client.String] for every verb.
func (c *Client) Format(f fmt.State, _ rune) {
	_, _ = io.WriteString(f, c.String()) // package fmt writes into its own memory
}

// LogValue is [Client.String] for logs.
func (c *Client) LogValue() slog.Value { return slog.StringValue(c.String()) }
