package platform

import "sync"

// keptLog is how much of its end a log keeps at least.
const keptLog = 1 << 20

// LogBuffer keeps what is logged, the last MiB of it at least. The zero value is
// ready, and safe for concurrent use.
type LogBuffer struct {
	mu   sync.Mutex
	text []byte
}

// Write is part of [io.Writer]; it never fails.
func (l *LogBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.text = append(l.text, p...)
	if len(l.text) > 2*keptLog {
		l.text = append([]byte(nil), l.text[len(l.text)-keptLog:]...)
	}
	return len(p), nil
}

// String is what it keeps.
func (l *LogBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return string(l.text)
}
