package client

import (
	"context"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"

	"dpp"
)

// decode reads a document of the server. Members that this build does not know
// are passed over: the interface grows by addition.
func decode(text []byte, into any) error {
	err := json.Unmarshal(text, into, json.WithUnmarshalers(json.UnmarshalFunc(readAmount)))
	if err != nil {
		return fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	return nil
}

// readAmount reads an amount as the server writes them. A balance, unlike a single
// amount, may be above [dpp.MaxAmount].
func readAmount(text []byte, into *dpp.Money) error {
	var plain string
	if err := json.Unmarshal(text, &plain); err != nil {
		return fmt.Errorf("amount: %w", err)
	}
	whole, frac, point := strings.Cut(plain, ".")
	if !point || len(frac) != 4 || strings.Trim(whole+frac, "0123456789") != "" || whole == "" {
		return dpp.ErrMoneySyntax
	}
	quanta, err := strconv.ParseInt(whole+frac, 10, 64)
	if err != nil || quanta > math.MaxInt64/int64(dpp.Quantum) {
		return dpp.ErrMoneyOverflow
	}
	*into = dpp.Money(quanta) * dpp.Quantum
	return nil
}

// get makes a request and reads its answer's document.
func get[T any](ctx context.Context, c *Client, r request) (T, error) {
	var document T
	answer, err := c.do(ctx, r)
	if err != nil {
		return document, err
	}
	return document, decode(answer.body, &document)
}
