package redisgate

import (
	"errors"
	"net"
	"net/url"
	"time"

	"github.com/redis/rueidis"
)

// ErrURL is all that is said of a URL that cannot be used: any part of it may be a
// password in the wrong place.
var ErrURL = errors.New("redisgate: not a Redis URL: write redis://user:password@host:port/database, or rediss:// for TLS, with special characters in %XX form")

// connectTimeout bounds each step of connecting: to reach the port, to greet, to
// hear of a cluster's nodes.
const connectTimeout = time.Second

// clientOption reads a URL. Whether there is a cluster the client finds out by itself:
// it sends CLUSTER SLOTS, and goes on with the one address when Redis answers that
// cluster support is off.
func clientOption(text string) (rueidis.ClientOption, error) {
	u, err := url.Parse(text)
	if err != nil || u.Hostname() == "" || u.Scheme != "redis" && u.Scheme != "rediss" {
		return rueidis.ClientOption{}, ErrURL
	}
	for _, node := range u.Query()["addr"] {
		// Without a port, the client would take it for the first host once more.
		if host, port, err := net.SplitHostPort(node); err != nil || host == "" || port == "" {
			return rueidis.ClientOption{}, ErrURL
		}
	}
	option, err := rueidis.ParseURL(text)
	if err != nil {
		return rueidis.ClientOption{}, ErrURL
	}
	option.DisableCache = true // nothing is read twice
	option.DisableRetry = true // the caller goes to the ledger instead
	option.Dialer.Timeout = connectTimeout
	option.ConnWriteTimeout = connectTimeout
	option.ClusterOption.MaxMovedRedirections = 3
	// A call is some kilobytes, so the buffers need not be the usual half a megabyte.
	option.ReadBufferEachConn, option.WriteBufferEachConn = 64<<10, 64<<10
	return option, nil
}
