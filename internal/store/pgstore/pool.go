package pgstore

import "time"

// Pool is the state of the store's pool of connections. Waits and Waited only grow.
type Pool struct {
	Acquired, Idle, Max int
	// Waits is how many calls found no free connection, Waited for how long they waited.
	Waits  int64
	Waited time.Duration
}

// Pool tells the state of the connections. It asks nobody.
func (s *Store) Pool() Pool {
	stat := s.pool.Stat()
	return Pool{
		Acquired: int(stat.AcquiredConns()), Idle: int(stat.IdleConns()), Max: int(stat.MaxConns()),
		Waits: stat.EmptyAcquireCount(), Waited: stat.EmptyAcquireWaitTime(),
	}
}
