package config

import (
	"errors"
	"regexp"
	"strconv"
	"strings"

	"dpp"
)

var (
	errPrices      = errors.New("is no list of prices: write url.url=0.0030,decision.evaluation=0.0050/1000000")
	errPriceTwice  = errors.New("names a price twice")
	errPriceAmount = errors.New("has a price whose amount is not one: at most 4 decimal places, up to 1000000.0000")
)

// maxPer bounds for how many units together a price may be.
const maxPer = 1_000_000_000_000

var priced = regexp.MustCompile(`^([a-z][a-z0-9_]*)\.([a-z][a-z0-9_]*)$`)

func setPrices(c *Config, text string) error {
	prices := map[string]map[string]dpp.Price{}
	for one := range strings.SplitSeq(text, ",") {
		name, value, ok := strings.Cut(strings.TrimSpace(one), "=")
		parts := priced.FindStringSubmatch(name)
		if !ok || parts == nil {
			return errPrices
		}
		packType, unit := parts[1], parts[2]
		price, err := parsePrice(unit, value)
		if err != nil {
			return err
		}
		if _, twice := prices[packType][unit]; twice {
			return errPriceTwice
		}
		if prices[packType] == nil {
			prices[packType] = map[string]dpp.Price{}
		}
		prices[packType][unit] = price
	}
	c.Prices = prices
	return nil
}

func parsePrice(unit, text string) (dpp.Price, error) {
	amount, per, many := strings.Cut(text, "/")
	price := dpp.Price{Unit: unit, Per: 1}
	var err error
	if price.Amount, err = dpp.ParseMoney(amount); err != nil {
		return price, errPriceAmount
	}
	if !many {
		return price, nil
	}
	price.Per, err = strconv.ParseInt(per, 10, 64)
	if err != nil || price.Per < 1 || price.Per > maxPer {
		return price, errPrices
	}
	return price, nil
}
