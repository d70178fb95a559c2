package api

import (
	"net/http"

	"dpp"
	"dpp/internal/pack"
)

// PackView is a pack's manifest as it is sold here.
type PackView struct {
	pack.Manifest
	// Profile names version, prices and limits together; a run tells it as
	// meta.profile_version.
	Profile string `json:"profile_version" doc:"Names version, prices and limits together; a run tells it as meta.profile_version."`
}

func viewPack(o *pack.Offer) PackView { return PackView{Manifest: o.Manifest, Profile: o.Profile} }

// listPacks answers GET /v1/packs.
func listPacks(x *exchange) error {
	if err := x.admitRead(); err != nil {
		return err
	}
	if err := x.noQuery(); err != nil {
		return err
	}
	offers := x.api.Service.Packs().Offers()
	page := dpp.List[PackView]{Data: make([]PackView, 0, len(offers))}
	for _, o := range offers {
		page.Data = append(page.Data, viewPack(o))
	}
	return x.json(http.StatusOK, cachePrivate, page)
}

// getPack answers GET /v1/packs/{type}.
func getPack(x *exchange) error {
	if err := x.admitRead(); err != nil {
		return err
	}
	if err := x.noQuery(); err != nil {
		return err
	}
	offer, ok := x.api.Service.Packs().Lookup(x.r.PathValue("type"))
	if !ok {
		return notFound()
	}
	return x.json(http.StatusOK, cachePrivate, viewPack(offer))
}
