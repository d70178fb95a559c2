package cli

import "iter"

// maxListed bounds what one command gathers before it prints.
const maxListed = 10_000

// first gathers up to limit things of a sequence that asks a server for them.
func first[T any](limit int, all iter.Seq2[T, error]) ([]T, error) {
	if limit < 1 || limit > maxListed {
		return nil, &usageError{"--limit must be from 1 to 10000"}
	}
	things := []T{}
	for thing, err := range all {
		if err != nil {
			return nil, err
		}
		if things = append(things, thing); len(things) == limit {
			break
		}
	}
	return things, nil
}
