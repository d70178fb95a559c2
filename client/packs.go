package client

import (
	"context"
	"net/url"

	"dpp"
)

// Packs returns the packs on offer.
func (c *Client) Packs(ctx context.Context) ([]dpp.PackView, error) {
	page, err := get[dpp.List[dpp.PackView]](ctx, c, request{path: "/v1/packs"})
	return page.Data, err
}

// Pack returns one pack.
func (c *Client) Pack(ctx context.Context, packType string) (dpp.PackView, error) {
	return get[dpp.PackView](ctx, c, request{path: "/v1/packs/" + url.PathEscape(packType)})
}
