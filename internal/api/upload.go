package api

import (
	"net/http"

	"dpp"
	"dpp/internal/api/intake"
)

// createUpload answers POST /v1/uploads. It reserves nothing, and counts as a read.
func createUpload(x *exchange) error {
	body, err := x.body()
	if err != nil {
		return err
	}
	announcement, err := intake.DecodeUpload(body)
	if err != nil {
		return err
	}
	announcement.Key = x.key
	announced, err := x.api.Service.Announce(x.r.Context(), announcement)
	if err != nil {
		return err
	}
	put := announced.Put
	return x.json(http.StatusCreated, cacheNever, dpp.UploadView{
		ID:        announced.Upload.ID,
		Put:       dpp.PutView{URL: put.URL, Headers: put.Header, ExpiresAt: dpp.Time{Time: put.ExpiresAt}},
		ExpiresAt: dpp.Time{Time: announced.Upload.ExpiresAt},
	})
}
