package sqlitestore

import (
	"context"

	"dpp/internal/store"
)

const updateLease = `UPDATE leases SET expires_at = ?3, done = ?4, total = ?5, unit = ?6, metered = ?7 WHERE run_n = (SELECT n FROM runs WHERE id = ?1) AND token = ?2`

// Heartbeat renews leases and notes progress.
func (s *Store) Heartbeat(ctx context.Context, beats []store.Beat) ([]bool, error) {
	if len(beats) == 0 {
		return nil, nil
	}
	return write(ctx, s, func(t *tx) ([]bool, error) {
		held := make([]bool, len(beats))
		for i, beat := range beats {
			p := beat.Progress
			renewed, err := t.exec(updateLease, string(beat.Run), string(beat.Token), t.after(beat.TTL).UnixMilli(),
				p.Done, p.Total, p.Unit, int64(p.Used))
			if err != nil {
				return nil, err
			}
			held[i] = renewed == 1
		}
		return held, nil
	})
}
