package main

import (
	"context"
	"errors"
	"sync"
	"time"
)

type work = func(ctx context.Context, client int) error

// drive lets all clients work for a while, each without a pause and at least once, and
// measures what they did.
func drive(ctx context.Context, clients int, do work, length time.Duration) (figure, error) {
	type clientResult struct {
		took []time.Duration
		err  error
	}
	results := make(chan clientResult, clients)
	begin := time.Now()
	end := begin.Add(length)
	for client := range clients {
		go func() { // results counts it
			var r clientResult
			for first := true; r.err == nil && (first || time.Now().Before(end)) && ctx.Err() == nil; first = false {
				asked := time.Now()
				if r.err = do(ctx, client); r.err == nil {
					r.took = append(r.took, time.Since(asked))
				}
			}
			results <- r
		}()
	}
	var took []time.Duration
	var err error
	for range clients {
		r := <-results
		took, err = append(took, r.took...), errors.Join(err, r.err)
	}
	elapsed := time.Since(begin)
	if err = errors.Join(err, ctx.Err()); err != nil {
		return figure{}, err
	}
	return newFigure(took, elapsed), nil
}

// mostWaiting bounds how many operations may be under way where they arrive by
// themselves: whoever lets as many wait has failed.
const mostWaiting = 20_000

// arrive starts operations at a steady rate, however long earlier ones take, and
// measures each from the moment at which it was due: one that starts late, because
// everything stood still, counts from then.
func arrive(ctx context.Context, perSecond float64, do work, length time.Duration) (figure, error) {
	n := max(int(perSecond*length.Seconds()), 1)
	took := make([]time.Duration, n)
	errs := make([]error, n)
	slots := make(chan struct{}, mostWaiting)
	var all sync.WaitGroup
	timer := time.NewTimer(0)
	defer timer.Stop()
	begin := time.Now()
	for i := range n {
		due := begin.Add(time.Duration(float64(i) / perSecond * float64(time.Second)))
		if early := time.Until(due); early > 0 {
			timer.Reset(early)
			<-timer.C
		}
		slots <- struct{}{}
		all.Go(func() {
			errs[i] = do(ctx, i)
			took[i] = time.Since(due)
			<-slots
		})
	}
	all.Wait()
	elapsed := time.Since(begin)
	if err := errors.Join(errors.Join(errs...), ctx.Err()); err != nil {
		return figure{}, err
	}
	return newFigure(took, elapsed), nil
}
