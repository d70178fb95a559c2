package app

import (
	"net"
	"net/http"
	"net/http/pprof"
	"net/netip"
	"time"
)

// newOpsServer serves metrics and profiles without a key, on an address that the
// operator keeps private.
func newOpsServer(metrics http.Handler) *http.Server {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", metrics)
	mux.HandleFunc("GET /debug/pprof/", pprof.Index)
	mux.HandleFunc("GET /debug/pprof/cmdline", pprof.Cmdline)
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("GET /debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	return &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second, WriteTimeout: 2 * time.Minute, IdleTimeout: time.Minute, MaxHeaderBytes: 16 << 10}
}

// addresses are those of the listeners.
func addresses(listeners []net.Listener) []netip.AddrPort {
	own := make([]netip.AddrPort, 0, len(listeners))
	for _, l := range listeners {
		if a, ok := l.Addr().(*net.TCPAddr); ok {
			own = append(own, a.AddrPort())
		}
	}
	return own
}
