package app

import "dpp/internal/gate/redisgate"

// observers are what the adapters tell of themselves.
func (s *Server) observers() observers {
	return observers{log: s.log, roundTrips: s.postgresTracer(), messages: s.messageTracer(), gate: redisgate.Observer{
		Breaker: s.metrics.GateBreaker, Failed: s.metrics.GateFailed, Drift: s.metrics.GateDrift,
	}}
}
