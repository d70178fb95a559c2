package batch_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"dpp/internal/batch"
)

var (
	errPoison      = errors.New("this item cannot be")
	errDoubt       = errors.New("lost while committing")
	errUnreachable = errors.New("refused")
)

// script answers its first attempts with the errors it is given, then succeeds. The
// items 0 to n-1 come as one batch.
type script struct {
	errs     []error
	attempts [][]int
}

func (s *script) do(ctx context.Context, in []int) ([]int, error) {
	s.attempts = append(s.attempts, slices.Clone(in))
	if n := len(s.attempts); n <= len(s.errs) && s.errs[n-1] != nil {
		return nil, s.errs[n-1]
	}
	return double(ctx, in)
}

func (s *script) options() batch.Options[int] {
	return batch.Options[int]{
		InDoubt:     func(err error) bool { return errors.Is(err, errDoubt) },
		Unreachable: func(err error) bool { return errors.Is(err, errUnreachable) },
	}
}

// together sends items 0 to n-1 as one batch, behind another that carries -1, and
// returns their answers and the time they took.
func together(t *testing.T, n int, opts batch.Options[int], do func(context.Context, []int) ([]int, error)) ([]answer, time.Duration) {
	t.Helper()
	release := make(chan struct{})
	g := batch.New("letters", func(ctx context.Context, in []int) ([]int, error) {
		if in[0] == -1 {
			<-release
			return double(ctx, in)
		}
		return do(ctx, in)
	}, opts)
	calls := []<-chan answer{call(t.Context(), g, -1)}
	for i := range n {
		calls = append(calls, call(t.Context(), g, i))
	}
	start := time.Now()
	close(release)
	g.Close()
	var answers []answer
	for _, c := range calls[1:] {
		answers = append(answers, <-c)
	}
	return answers, time.Since(start)
}

func TestAPoisonedItemStandsAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var attempts []string
		answers, took := together(t, 8, batch.Options[int]{}, func(ctx context.Context, in []int) ([]int, error) {
			attempts = append(attempts, fmt.Sprint(in))
			if slices.Contains(in, 5) {
				return nil, errPoison
			}
			return double(ctx, in)
		})
		for i, a := range answers {
			if i == 5 {
				a.want(t, 0, errPoison)
			} else {
				a.want(t, 2*i, nil)
			}
		}
		want := "[0 1 2 3 4 5 6 7] [0 1 2 3] [4 5 6 7] [4 5] [4] [5] [6 7]"
		if got := strings.Join(attempts, " "); got != want {
			t.Errorf("attempts %s, want %s", got, want)
		}
		if took != 0 {
			t.Errorf("halving waited %v", took)
		}
	})
}

func TestWhatFollowsAnError(t *testing.T) {
	repeat := func(err error, n int) []error { return slices.Repeat([]error{err}, n) }
	pauses := func(n int) time.Duration { return (1<<n - 1) * 10 * time.Millisecond }
	tests := []struct {
		name     string
		errs     []error
		attempts int
		took     time.Duration
		err      []error // all of them, for every item; none: success
	}{
		{"success", nil, 1, 0, nil},
		{"the connection fails: all fail, no repeat", repeat(errUnreachable, 1), 1, 0, []error{errUnreachable}},
		{"in doubt once: repeated whole", repeat(errDoubt, 1), 2, pauses(1), nil},
		{"in doubt five times", repeat(errDoubt, 5), 6, pauses(5), nil},
		{"in doubt for ever: bounded", repeat(errDoubt, 9), 6, pauses(5), []error{errDoubt}},
		{"then the connection is away: repeated", []error{errDoubt, errUnreachable, errUnreachable}, 4, pauses(3), nil},
		{
			"and stays away: told of both", append(repeat(errDoubt, 1), repeat(errUnreachable, 9)...), 6, pauses(5),
			[]error{errDoubt, errUnreachable},
		},
		{
			"then the batch fails: halved, told of both", append(repeat(errDoubt, 1), repeat(errPoison, 9)...), 2 + 6, pauses(1),
			[]error{errDoubt, errPoison},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &script{errs: test.errs}
				answers, took := together(t, 4, s.options(), s.do)
				for i, a := range answers {
					if len(test.err) == 0 {
						a.want(t, 2*i, nil)
					}
					for _, err := range test.err {
						a.want(t, 0, err)
					}
				}
				if len(s.attempts) != test.attempts || took != test.took {
					t.Errorf("%d attempts in %v, want %d in %v", len(s.attempts), took, test.attempts, test.took)
				}
			})
		})
	}
}

func TestRepeatsEndWithTheDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &script{errs: slices.Repeat([]error{errDoubt}, 100)}
		opts := s.options()
		opts.Repeats, opts.Timeout = 99, time.Second
		answers, took := together(t, 3, opts, s.do)
		for _, a := range answers {
			a.want(t, 0, errDoubt)
		}
		if took != time.Second {
			t.Errorf("repeated for %v, want 1s", took)
		}
		for _, attempt := range s.attempts {
			if len(attempt) != 3 {
				t.Errorf("attempt with %v: a batch in doubt is repeated whole", attempt)
			}
		}
	})
}

func TestAPanicAnswersEveryWaiter(t *testing.T) {
	crash := func(when bool) {
		if when {
			panic("a caller's secret")
		}
	}
	for name, inHook := range map[string]bool{"in the step": false, "in a hook": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var armed, told atomic.Int64
				opts := batch.Options[int]{
					Observe:  func(n int) { crash(inHook && n > 1 && armed.Add(1) == 1) },
					Panicked: func(*batch.PanicError) { told.Add(1) },
				}
				do := func(ctx context.Context, in []int) ([]int, error) {
					crash(!inHook && armed.Add(1) == 1)
					return double(ctx, in)
				}
				answers, _ := together(t, 3, opts, do)
				for _, a := range answers {
					var p *batch.PanicError
					if !errors.As(a.err, &p) {
						t.Fatalf("answer %v, want a PanicError", a.err)
					}
					if strings.Contains(p.Error(), "secret") || !strings.Contains(p.Error(), "letters") {
						t.Errorf("text %q must name the group and not the value", p)
					}
					if p.Value != "a caller's secret" || len(p.Stack) == 0 {
						t.Errorf("value %v and %d bytes of stack are for the log", p.Value, len(p.Stack))
					}
				}
				if told.Load() != 1 {
					t.Errorf("told of %d panics, want 1", told.Load())
				}
			})
		})
	}
}

func TestTheGroupLivesOnAfterAPanic(t *testing.T) {
	var armed atomic.Bool
	armed.Store(true)
	g := batch.New("t", func(ctx context.Context, in []int) ([]int, error) {
		if armed.Swap(false) {
			panic(1)
		}
		return double(ctx, in)
	}, batch.Options[int]{})
	defer g.Close()
	if _, err := g.Do(t.Context(), 1); err == nil {
		t.Error("a panic is an error")
	}
	out, err := g.Do(t.Context(), 2)
	answer{out, err}.want(t, 4, nil)
}

func TestAWrongNumberOfOutputs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		attempts := 0
		answers, _ := together(t, 3, batch.Options[int]{}, func(_ context.Context, in []int) ([]int, error) {
			attempts++
			return in[1:], nil
		})
		for _, a := range answers {
			if a.err == nil {
				t.Error("nobody knows which output is whose, yet there is no error")
			}
		}
		if attempts != 1 {
			t.Errorf("%d attempts, want 1", attempts)
		}
	})
}

// Whatever mixture of callers, poison and departures: everybody is answered, with the
// own output or an own error, and no item is carried out twice.
func TestEverybodyIsAnswered(t *testing.T) {
	type caller struct {
		at, stays time.Duration // when it comes and how long it stays
		poison    bool
	}
	rapid.Check(t, func(rt *rapid.T) {
		millis := func(limit int) *rapid.Generator[time.Duration] {
			return rapid.Map(rapid.IntRange(0, limit), func(n int) time.Duration { return time.Duration(n) * time.Millisecond })
		}
		callers := rapid.SliceOfN(rapid.Custom(func(rt *rapid.T) caller {
			return caller{millis(20).Draw(rt, "at"), millis(30).Draw(rt, "stays"), rapid.IntRange(0, 5).Draw(rt, "poison") == 0}
		}), 1, 40).Draw(rt, "callers")
		opts := batch.Options[int]{
			MaxItems: rapid.IntRange(1, 8).Draw(rt, "items"),
			Flights:  rapid.IntRange(1, 3).Draw(rt, "flights"),
		}

		var faults []string
		fault := func(format string, args ...any) { faults = append(faults, fmt.Sprintf(format, args...)) }
		synctest.Test(t, func(t *testing.T) {
			carried := make([]atomic.Int64, len(callers))
			g := batch.New("t", func(ctx context.Context, in []int) ([]int, error) {
				time.Sleep(3 * time.Millisecond)
				if slices.ContainsFunc(in, func(i int) bool { return callers[i].poison }) {
					return nil, errPoison
				}
				for _, i := range in {
					carried[i].Add(1)
				}
				return double(ctx, in)
			}, opts)
			answers := make(chan func(), len(callers))
			for i, c := range callers {
				go func() {
					time.Sleep(c.at)
					ctx, cancel := context.WithTimeout(t.Context(), c.stays)
					defer cancel()
					out, err := g.Do(ctx, i)
					answers <- func() {
						left := errors.Is(err, context.DeadlineExceeded)
						switch {
						case left:
						case c.poison && !errors.Is(err, errPoison), !c.poison && (err != nil || out != 2*i):
							fault("caller %d was answered %d, %v", i, out, err)
						}
						if n := carried[i].Load(); n > 1 || !left && !c.poison && n != 1 {
							fault("item %d was carried out %d times", i, n)
						}
					}
				}()
			}
			var checks []func()
			for range callers {
				checks = append(checks, <-answers)
			}
			g.Close()
			for _, check := range checks {
				check()
			}
		})
		if len(faults) > 0 {
			rt.Fatal(strings.Join(faults, "\n"))
		}
	})
}
