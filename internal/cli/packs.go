package cli

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"

	"dpp"
	"dpp/client"
)

type packsCmd struct {
	target
	Type string `arg:"" optional:"" name:"pack" help:"One pack, in full."`
}

// Run is part of the command line.
func (c *packsCmd) Run(ctx context.Context, s *session) error {
	api, err := s.connect(&c.target)
	if err != nil {
		return err
	}
	if c.Type == "" {
		return s.allPacks(ctx, api)
	}
	pack, err := api.Pack(ctx, c.Type)
	if err != nil {
		return err
	}
	return s.print(pack, func(w io.Writer) { showPack(w, &pack) })
}

func (s *session) allPacks(ctx context.Context, api *client.Client) error {
	packs, err := api.Packs(ctx)
	if err != nil {
		return err
	}
	return s.print(dpp.List[dpp.PackView]{Data: packs}, func(w io.Writer) {
		row(w, "PACK", "VERSION", "WHAT IT DOES")
		for _, p := range packs {
			row(w, p.Type, p.Version, p.Title)
		}
	})
}

func showPack(w io.Writer, p *dpp.PackView) {
	row(w, p.Type+" "+p.Version+": "+p.Title)
	row(w, "")
	row(w, p.Description)
	row(w, "")
	for _, price := range p.Prices {
		row(w, "price", fmt.Sprintf("%s USD for %d %s", price.Amount, price.Per, price.Unit), p.Units[price.Unit])
	}
	for _, name := range slices.Sorted(maps.Keys(p.Limits)) {
		row(w, "limit", fmt.Sprintf("%s %d", name, p.Limits[name]))
	}
	row(w, "")
	row(w, "reliability: "+p.Reliability)
	row(w, "")
	row(w, "try it: dpp run submit --pack "+p.Type+" --example --watch")
}
