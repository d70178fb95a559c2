package servers

import (
	"errors"
	"slices"
	"testing"
)

func TestAProgramUsesServers(t *testing.T) {
	t.Parallel()
	var s *Server
	err := Use(t.Context(), func(t T) error {
		s = NewRedis(t)
		_, err := redisAsk(t.Context(), s.Address(), "PING")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if !s.ended() {
		t.Error("the server outlives its use")
	}
}

func TestWhatGoesWrongInAUse(t *testing.T) {
	t.Parallel()
	mine, fatal := errors.New("mine"), errors.New("fatal")
	if err := Use(t.Context(), func(T) error { return mine }); !errors.Is(err, mine) {
		t.Errorf("error %v", err)
	}
	var order []int
	err := Use(t.Context(), func(t T) error {
		t.Cleanup(func() { order = append(order, 2) })
		t.Cleanup(func() {
			order = append(order, 1)
			t.Fatalf("%w in a cleanup", mine)
		})
		t.Fatal(fatal)
		return nil
	})
	if !errors.Is(err, fatal) || !errors.Is(err, mine) || !slices.Equal(order, []int{1, 2}) {
		t.Errorf("error %v, cleanups in order %v", err, order)
	}
}
