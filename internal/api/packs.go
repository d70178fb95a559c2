package api

import (
	"net/http"

	"dpp"
	"dpp/internal/pack"
)

func viewPack(o *pack.Offer) dpp.PackView {
	m := &o.Manifest
	return dpp.PackView{
		Type: m.Type, Version: m.Version, Title: m.Title, Description: m.Description, InputsSchema: m.InputsSchema, DataSchema: m.DataSchema,
		Prices: m.Prices, Units: m.Units, Limits: m.Limits, Reliability: m.Reliability, Example: m.Example, Spillable: m.Spillable, Profile: o.Profile,
	}
}

// listPacks answers GET /v1/packs.
func listPacks(x *exchange) error {
	offers := x.api.Service.Packs().Offers()
	page := dpp.List[dpp.PackView]{Data: make([]dpp.PackView, 0, len(offers))}
	for _, o := range offers {
		page.Data = append(page.Data, viewPack(o))
	}
	return x.json(http.StatusOK, cachePrivate, page)
}

// getPack answers GET /v1/packs/{type}.
func getPack(x *exchange) error {
	offer, ok := x.api.Service.Packs().Lookup(x.r.PathValue("type"))
	if !ok {
		return notFound()
	}
	return x.json(http.StatusOK, cachePrivate, viewPack(offer))
}
