package client

import (
	"context"
	"net/url"

	"github.com/go-json-experiment/json/jsontext"

	"dpp"
)

// Pack is what a server says of one kind of work.
type Pack struct {
	Type        string `json:"pack_type"`
	Version     string `json:"pack_version"`
	Title       string `json:"title"`
	Description string `json:"description"`
	// InputsSchema and DataSchema are JSON Schemas.
	InputsSchema jsontext.Value `json:"inputs_schema"`
	DataSchema   jsontext.Value `json:"data_schema"`
	Prices       []dpp.Price    `json:"prices"`
	// Units says in words what each priced unit is.
	Units       map[string]string `json:"units"`
	Limits      map[string]int64  `json:"limits"`
	Reliability string            `json:"reliability"`
	// Example is the body of a submit that works as it stands.
	Example jsontext.Value `json:"example"`
}

// Packs returns the packs on offer.
func (c *Client) Packs(ctx context.Context) ([]Pack, error) {
	page, err := get[dpp.List[Pack]](ctx, c, request{path: "/v1/packs"})
	return page.Data, err
}

// Pack returns one pack.
func (c *Client) Pack(ctx context.Context, packType string) (Pack, error) {
	return get[Pack](ctx, c, request{path: "/v1/packs/" + url.PathEscape(packType)})
}
