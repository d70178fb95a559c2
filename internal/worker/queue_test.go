package worker_test

import (
	"context"

	"dpp"
	"dpp/internal/queue"
)

// silent is a queue that loses every message.
type silent struct{ queue.Queue }

func (silent) Send(context.Context, []dpp.RunID) error { return nil }
