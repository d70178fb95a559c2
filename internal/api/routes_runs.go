package api

import (
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"dpp"
	"dpp/internal/api/intake"
	"dpp/internal/api/openapi"
)

const runsTag = "Runs"

func runRoutes() []route {
	return []route{submitRoute(), listRoute(), getRoute(), cancelRoute(), resultRoute()}
}

func submitRoute() route {
	return route{do: submit, submits: true, Operation: openapi.Operation{
		Method: http.MethodPost, Path: "/v1/runs", ID: "submitRun", Tag: runsTag, Access: openapi.Tenant, Summary: "Submit a run",
		Description: "Reserves max_cost_usd and accepts the run, durably. The same Idempotency-Key with the same request answers with the same run, however often it is sent; with another request it is a conflict. A request that is refused leaves no trace and does not use the key up.",
		Parameters: []openapi.Parameter{
			{Name: "Idempotency-Key", In: "header", Required: true, Description: "8 to 64 visible ASCII characters; quotes around them do not count.", Schema: huma.Schema{Type: huma.TypeString, Pattern: `^"?[!-~]{8,64}"?$`}},
			{Name: "Prefer", In: "header", Description: "wait=N waits up to N seconds (0 to 55; 30 where only wait stands there) for the run's end and then answers 200.", Schema: huma.Schema{Type: huma.TypeString}},
			traceparent,
		},
		Body: intake.SubmitBody{},
		Answers: []openapi.Answer{
			{Status: http.StatusAccepted, Description: "The run was accepted, now or earlier.", Body: dpp.RunView{}, Headers: submitHeaders},
			{Status: http.StatusOK, Description: "The run has ended within the time that Prefer: wait gave.", Body: dpp.RunView{}, Headers: submitHeaders},
		},
		Reasons: []dpp.Reason{
			dpp.ReasonIdempotencyKeyMissing, dpp.ReasonIdempotencyKeyInvalid, dpp.ReasonBudgetDrained, dpp.ReasonTenantSuspended, dpp.ReasonIdempotencyConflict,
			dpp.ReasonBodyTooLarge, dpp.ReasonUnsupportedMediaType, dpp.ReasonInvalidMoney, dpp.ReasonInvalidMoneyScale, dpp.ReasonMaxCostTooLow,
			dpp.ReasonMaxCostExceeded, dpp.ReasonUnknownPack, dpp.ReasonUploadUnusable, dpp.ReasonTooManyRuns, dpp.ReasonNotFound,
		},
	}}
}

func listRoute() route {
	return route{do: listRuns, Operation: openapi.Operation{
		Method: http.MethodGet, Path: "/v1/runs", ID: "listRuns", Tag: runsTag, Access: openapi.Tenant, Summary: "List runs",
		Description: "Newest first, a page at a time, without URLs and envelopes. With ids, those of the named runs that are your own, in the order asked for; with wait beside ids, as soon as any of them has ended.",
		Parameters: []openapi.Parameter{
			{Name: "status", In: "query", Description: "Only runs in this state.", Schema: huma.Schema{Type: huma.TypeString, Enum: anySlice(statusNames())}},
			{Name: "pack_type", In: "query", Description: "Only runs of this pack.", Schema: textSchema(intake.MaxPackType)},
			{Name: "created_after", In: "query", Description: "Only runs created at or after this moment.", Schema: huma.Schema{Type: huma.TypeString, Format: "date-time"}},
			{Name: "created_before", In: "query", Description: "Only runs created before this moment.", Schema: huma.Schema{Type: huma.TypeString, Format: "date-time"}},
			{Name: "external_id", In: "query", Description: "Only runs with this external_id.", Schema: textSchema(intake.MaxExternalID)},
			limitParameter, cursorParameter,
			{Name: "ids", In: "query", Description: "Up to 100 run ids, separated by commas; only wait may stand beside it.", Schema: huma.Schema{Type: huma.TypeString}},
			waitParameter,
		},
		Answers: []openapi.Answer{{
			Status: http.StatusOK, Description: "A page of runs.", Body: dpp.List[dpp.RunView]{}, Headers: append([]string{"X-DPP-Budget-Remaining"}, readHeaders...),
		}},
		Reasons: []dpp.Reason{dpp.ReasonInvalidCursor},
	}}
}

func getRoute() route {
	return route{do: getRun, Operation: openapi.Operation{
		Method: http.MethodGet, Path: "/v1/runs/{id}", ID: "getRun", Tag: runsTag, Access: openapi.Tenant, Summary: "Read a run",
		Description: "With wait it answers when the run has ended, or, with If-None-Match, when it has another version than yours. Time up is an ordinary answer.",
		Parameters: []openapi.Parameter{
			idParameter, waitParameter,
			{Name: "inline", In: "query", Description: "true: the answer carries the result's envelope, up to 256 KiB.", Schema: huma.Schema{Type: huma.TypeBoolean}},
			{Name: "If-None-Match", In: "header", Description: "The ETag of the version that you have.", Schema: huma.Schema{Type: huma.TypeString}},
		},
		Answers: []openapi.Answer{
			{Status: http.StatusOK, Description: "The run.", Body: dpp.RunView{}, Headers: runHeaders},
			{Status: http.StatusNotModified, Description: "The run is as you have it, and has not ended.", Headers: runHeaders},
		},
		Reasons: []dpp.Reason{dpp.ReasonNotFound, dpp.ReasonResultExpired},
	}}
}

func cancelRoute() route {
	return route{do: plain(cancelRun), Operation: openapi.Operation{
		Method: http.MethodPost, Path: "/v1/runs/{id}/cancel", ID: "cancelRun", Tag: runsTag, Access: openapi.Tenant, Summary: "Cancel a run",
		Description: "Ends the run as CANCELED. A run that waits costs nothing, one that is being worked on its minimum fee. Cancelling again answers with the same run.",
		Parameters:  []openapi.Parameter{idParameter},
		Answers:     []openapi.Answer{{Status: http.StatusOK, Description: "The cancelled run.", Body: dpp.RunView{}, Headers: runHeaders}},
		Reasons: []dpp.Reason{
			dpp.ReasonNotFound, dpp.ReasonResultExpired, dpp.ReasonRunAlreadyTerminal, dpp.ReasonBodyTooLarge, dpp.ReasonUnsupportedMediaType,
		},
	}}
}

func resultRoute() route {
	return route{do: plain(getResult), Operation: openapi.Operation{
		Method: http.MethodGet, Path: "/v1/runs/{id}/result", ID: "getResult", Tag: runsTag, Access: openapi.Tenant, Summary: "Read a result",
		Description: "The stored envelope, byte for byte: its SHA-256 is the run's result.sha256.",
		Parameters:  []openapi.Parameter{idParameter},
		Answers:     []openapi.Answer{{Status: http.StatusOK, Description: "The envelope.", Body: map[string]any{}, Headers: runHeaders}},
		Reasons:     []dpp.Reason{dpp.ReasonNotFound, dpp.ReasonResultExpired},
	}}
}

func uploadRoute() route {
	return route{do: plain(createUpload), Operation: openapi.Operation{
		Method: http.MethodPost, Path: "/v1/uploads", ID: "createUpload", Tag: "Uploads", Access: openapi.Tenant, Summary: "Announce a file",
		Description: "Answers with a signed request that sends the file's bytes, of exactly this type and size, to the object store. Once they have arrived, any number of your runs may name the upload in their inputs, for 24 hours. Costs nothing.",
		Body:        intake.UploadBody{},
		Answers:     []openapi.Answer{{Status: http.StatusCreated, Description: "The upload, and how to send it.", Body: dpp.UploadView{}, Headers: readHeaders}},
		Reasons:     []dpp.Reason{dpp.ReasonTenantSuspended, dpp.ReasonNotFound, dpp.ReasonBodyTooLarge, dpp.ReasonUnsupportedMediaType},
	}}
}
