package problem

import (
	"net/http"
	"time"

	"dpp"
)

// Entry is what the platform says of one reason.
type Entry struct {
	Reason dpp.Reason
	Status int
	// Title is the same at every occurrence.
	Title string
	// Detail is what happened, where nothing more exact is known.
	Detail string
	// Hint tells an agent in one imperative sentence what to do next.
	Hint string
	// Retryable: the identical request, with the same key, may succeed later.
	Retryable bool
	// Action is the remedy in a form that a program can follow.
	Action dpp.RemedyAction
	// Wait is how long to wait before a retry, where nothing more exact is known.
	Wait time.Duration
	// Page explains the reason to people.
	Page string
}

// Of returns the entry of a reason; that of INTERNAL where it has none.
func Of(reason dpp.Reason) Entry {
	if e, ok := Lookup(reason); ok {
		return e
	}
	e, _ := Lookup(dpp.ReasonInternal)
	return e
}

// Lookup finds the entry of a reason.
func Lookup(reason dpp.Reason) (Entry, bool) {
	for i := range table {
		if table[i].Reason == reason {
			return table[i], true
		}
	}
	return Entry{}, false
}

// Entries lists every entry, by status.
func Entries() []Entry { return append([]Entry(nil), table[:]...) }

var table = [...]Entry{
	{
		Reason: dpp.ReasonBadRequest, Status: http.StatusBadRequest, Title: "Bad request", Action: dpp.RemedyChangeRequest,
		Detail: "The request cannot be read.",
		Hint:   "Send a body that is one JSON object in UTF-8, and a query that is percent-encoded.",
		Page:   "The body is not JSON, or the query string is not encoded as a query string. Nothing was looked at beyond that. A body that is JSON but breaks a rule is VALIDATION_FAILED instead, and names the place.",
	}, {
		Reason: dpp.ReasonIdempotencyKeyMissing, Status: http.StatusBadRequest, Title: "Idempotency key missing", Action: dpp.RemedyChangeRequest,
		Detail: "A submit needs the header Idempotency-Key.",
		Hint:   "Send the header Idempotency-Key with 8 to 64 visible ASCII characters, a new value for each run and the same value for each retry of it.",
		Page:   "A submit spends money, so it must be safe to repeat. The key makes it so: the same key with the same request always answers with the same run, however often the network fails. A random UUID is a good key.",
	}, {
		Reason: dpp.ReasonIdempotencyKeyInvalid, Status: http.StatusBadRequest, Title: "Idempotency key not usable", Action: dpp.RemedyChangeRequest,
		Detail: "The header Idempotency-Key is not 8 to 64 visible ASCII characters.",
		Hint:   "Send one Idempotency-Key of 8 to 64 visible ASCII characters, such as a UUID.",
		Page:   "A key has 8 to 64 characters from ! to ~, without spaces. Quotes around it are not part of it. Keys are compared byte by byte within your tenant and mode.",
	}, {
		Reason: dpp.ReasonInvalidCursor, Status: http.StatusBadRequest, Title: "Cursor not usable", Action: dpp.RemedyChangeRequest,
		Detail: "The cursor is not one that this list gave out.",
		Hint:   "Start again without cursor, and pass on next_cursor as it was given.",
		Page:   "A cursor comes from next_cursor of the page before, belongs to that list alone, and is passed on unchanged. The last page has none.",
	}, {
		Reason: dpp.ReasonAuthMissing, Status: http.StatusUnauthorized, Title: "API key missing", Action: dpp.RemedyChangeRequest,
		Detail: "The request carries no API key.",
		Hint:   "Send the header Authorization: Bearer with your API key.",
		Page:   "Every path below /v1 needs an API key in the header Authorization, with the scheme Bearer. Keys are given out by the operator.",
	}, {
		Reason: dpp.ReasonAuthInvalid, Status: http.StatusUnauthorized, Title: "API key not valid", Action: dpp.RemedyContactOperator,
		Detail: "The API key is not valid, or no longer.",
		Hint:   "Use a valid API key, and ask the operator for a new one if yours was revoked.",
		Page:   "The key is malformed, unknown or revoked; which of them is not told. A key ends in a checksum, so a copying mistake always shows.",
	}, {
		Reason: dpp.ReasonBudgetDrained, Status: http.StatusPaymentRequired, Title: "Balance too low", Retryable: true, Action: dpp.RemedyTopUp,
		Detail: "The account does not cover the reservation.",
		Hint:   "Lower max_cost_usd to at most available_usd, or have the account credited and repeat the request with the same key.",
		Page:   "A run reserves its max_cost_usd when it is accepted. The account has less than that available: required_usd and available_usd tell how much is missing. What open runs hold comes back when they end for less. Nothing was reserved, and the key was not used up.",
	}, {
		Reason: dpp.ReasonScopeMissing, Status: http.StatusForbidden, Title: "Key not allowed to do this", Action: dpp.RemedyContactOperator,
		Detail: "The API key does not permit this.",
		Hint:   "Use a key that permits this, or ask the operator for one.",
		Page:   "The key is valid but lacks the scope that this path needs: tenants' keys are for runs and money, operators' keys for the platform itself.",
	}, {
		Reason: dpp.ReasonTenantSuspended, Status: http.StatusForbidden, Title: "Tenant suspended", Action: dpp.RemedyContactOperator,
		Detail: "The tenant may not submit new runs.",
		Hint:   "Ask the operator to lift the suspension; runs that were accepted before can still be read.",
		Page:   "The operator has suspended the tenant. New runs are refused; runs that were accepted go on, are settled, and can be read and cancelled.",
	}, {
		Reason: dpp.ReasonNotFound, Status: http.StatusNotFound, Title: "Not found", Action: dpp.RemedyChangeRequest,
		Detail: "There is nothing here for this key.",
		Hint:   "Check the path and the identifier, and that the key is the one that made it.",
		Page:   "The path does not exist, or names something that does not exist for your key: an unknown identifier, a malformed one and that of another tenant or mode all answer the same.",
	}, {
		Reason: dpp.ReasonMethodNotAllowed, Status: http.StatusMethodNotAllowed, Title: "Method not allowed", Action: dpp.RemedyChangeRequest,
		Detail: "This path does not have this method.",
		Hint:   "Use one of the methods that the header Allow names.",
		Page:   "The path exists, but not with this method. The header Allow lists those that it has.",
	}, {
		Reason: dpp.ReasonIdempotencyConflict, Status: http.StatusConflict, Title: "Idempotency key used for another request", Action: dpp.RemedyUseNewKey,
		Detail: "The key was used for another request.",
		Hint:   "Use a new idempotency key for a new request, or read the run that run_id names.",
		Page:   "The same key came before with another payload: pack_type, inputs, reservation or allow_partial differ. The first run stands and run_id names it; nothing new was reserved.",
	}, {
		Reason: dpp.ReasonRunAlreadyTerminal, Status: http.StatusConflict, Title: "Run has ended", Action: dpp.RemedyChangeRequest,
		Detail: "The run has ended otherwise and cannot be cancelled.",
		Hint:   "Read the run instead of cancelling it.",
		Page:   "A cancel came after the run had completed, failed or expired. A run that was cancelled before answers a second cancel with itself.",
	}, {
		Reason: dpp.ReasonUploadExists, Status: http.StatusConflict, Title: "Upload has arrived", Action: dpp.RemedyChangeRequest,
		Detail: "The content of this upload has arrived already and stays as it is.",
		Hint:   "Name the upload in a run, or announce another one for other content.",
		Page:   "A signed request stores content once. Sent again, perhaps because the first answer was lost, it changes nothing.",
	}, {
		Reason: dpp.ReasonResultExpired, Status: http.StatusGone, Title: "Result past its retention", Action: dpp.RemedyUseNewKey,
		Detail: "The run ended so long ago that its result was deleted.",
		Hint:   "Submit the request again with a new idempotency key if you still need the result.",
		Page:   "Results are kept for the retention time, counted from the end of the run. The ledger keeps what the run cost.",
	}, {
		Reason: dpp.ReasonBodyTooLarge, Status: http.StatusRequestEntityTooLarge, Title: "Body too large", Action: dpp.RemedyChangeRequest,
		Detail: "The body is larger than 10 MiB.",
		Hint:   "Send at most 10 MiB, in several runs if need be.",
		Page:   "A request body has at most 10 MiB (10,485,760 bytes).",
	}, {
		Reason: dpp.ReasonUnsupportedMediaType, Status: http.StatusUnsupportedMediaType, Title: "Media type not supported", Action: dpp.RemedyChangeRequest,
		Detail: "The body is not declared as plain JSON in UTF-8.",
		Hint:   "Send the body with Content-Type: application/json and without Content-Encoding.",
		Page:   "A body needs the header Content-Type: application/json (a charset, if given, is utf-8) and is not compressed.",
	}, {
		Reason: dpp.ReasonValidationFailed, Status: http.StatusUnprocessableEntity, Title: "Request not valid", Action: dpp.RemedyChangeRequest,
		Detail: "The request breaks the rules that errors names.",
		Hint:   "Correct what errors names and send the request again; the same key may be used.",
		Page:   "The request could be read but not accepted. Each item of errors points at one place (a JSON Pointer into the body, a query parameter or a header) and says what is expected there. JSON is read strictly: no duplicate keys, nothing after the value, no U+0000, no lone surrogates, integers within ±(2^53−1), numbers within double precision, at most 64 levels deep.",
	}, {
		Reason: dpp.ReasonUnknownField, Status: http.StatusUnprocessableEntity, Title: "Unknown field", Action: dpp.RemedyChangeRequest,
		Detail: "The request has a field that does not exist here.",
		Hint:   "Leave out the fields that errors names, or correct their spelling.",
		Page:   "Unknown fields and query parameters are refused rather than ignored, so that a misspelt one cannot change what a run does or costs. Names are case-sensitive.",
	}, {
		Reason: dpp.ReasonInvalidMoney, Status: http.StatusUnprocessableEntity, Title: "Not an amount of money", Action: dpp.RemedyChangeRequest,
		Detail: "An amount is not a decimal text such as \"0.5000\".",
		Hint:   "Send the amount as a JSON string of digits with at most one point, such as \"0.5000\".",
		Page:   "Amounts are JSON strings, US dollars in plain decimal digits with at most one point and 4 decimal places. JSON numbers are refused because they would pass through binary fractions; so are signs, exponents, spaces and digits of other scripts.",
	}, {
		Reason: dpp.ReasonInvalidMoneyScale, Status: http.StatusUnprocessableEntity, Title: "Amount too fine", Action: dpp.RemedyChangeRequest,
		Detail: "An amount has more than 4 decimal places.",
		Hint:   "Round the amount to at most 4 decimal places.",
		Page:   "The smallest unit of the ledger is 0.0001 USD. An amount with more decimal places is refused, not rounded.",
	}, {
		Reason: dpp.ReasonMaxCostTooLow, Status: http.StatusUnprocessableEntity, Title: "max_cost_usd too low", Action: dpp.RemedyRaiseMaxCost,
		Detail: "With this max_cost_usd the run cannot succeed.",
		Hint:   "Raise max_cost_usd to at least what remedy.set names.",
		Page:   "The reservation is below the smallest amount with which this run can succeed with these inputs; remedy.set names it. No run reserves less than 0.0050 USD.",
	}, {
		Reason: dpp.ReasonMaxCostExceeded, Status: http.StatusUnprocessableEntity, Title: "max_cost_usd too high", Action: dpp.RemedyChangeRequest,
		Detail: "The amount is above the largest that is allowed.",
		Hint:   "Lower max_cost_usd to at most 1000000.0000.",
		Page:   "No single amount is above 1,000,000.0000 USD.",
	}, {
		Reason: dpp.ReasonUnknownPack, Status: http.StatusUnprocessableEntity, Title: "Unknown pack", Action: dpp.RemedyChangeRequest,
		Detail: "There is no such pack.",
		Hint:   "Use one of the pack types that GET /v1/packs lists.",
		Page:   "pack_type names a kind of work that this platform does not offer.",
	}, {
		Reason: dpp.ReasonUploadUnusable, Status: http.StatusUnprocessableEntity, Title: "Unusable upload", Action: dpp.RemedyChangeRequest,
		Detail: "An upload that the inputs name cannot be used.",
		Hint:   "Send the file again by POST /v1/uploads and its signed request, then name the new upload_id.",
		Page:   "An upload can be named by runs of its own tenant and mode for 24 hours, once its bytes have arrived. One that is unknown, expired or still empty is refused before anything is reserved.",
	}, {
		Reason: dpp.ReasonTestOnly, Status: http.StatusUnprocessableEntity, Title: "Only with a sandbox key", Action: dpp.RemedyChangeRequest,
		Detail: "This is only for sandbox keys.",
		Hint:   "Leave the field out, or use a sandbox key.",
		Page:   "The request asks for something that only a dpp_test_ key may ask for.",
	}, {
		Reason: dpp.ReasonRateLimited, Status: http.StatusTooManyRequests, Title: "Too many requests", Retryable: true, Action: dpp.RemedyWait, Wait: time.Second,
		Detail: "The tenant's rate limit is reached.",
		Hint:   "Wait as long as Retry-After says, then repeat the request with the same key.",
		Page:   "Submits and reads each have a limit per minute for the whole tenant. The headers RateLimit and RateLimit-Policy of every answer tell how much is left. Long polls (wait) and ids need fewer requests.",
	}, {
		Reason: dpp.ReasonTooManyRuns, Status: http.StatusTooManyRequests, Title: "Too many open runs", Retryable: true, Action: dpp.RemedyWait, Wait: 5 * time.Second,
		Detail: "As many runs are open as the tenant may have at once.",
		Hint:   "Wait until some of your runs have ended, then repeat the request with the same key.",
		Page:   "The tenant has a limit of runs that may be open at once.",
	}, {
		Reason: dpp.ReasonInternal, Status: http.StatusInternalServerError, Title: "Internal error", Retryable: true, Action: dpp.RemedyRetry,
		Detail: "The platform failed.",
		Hint:   "Repeat the request with the same key, and tell the operator the trace_id if it fails again.",
		Page:   "Something broke inside. Repeating a submit with the same key is safe: if the first one was accepted, the answer is that run.",
	}, {
		Reason: dpp.ReasonDependencyDown, Status: http.StatusServiceUnavailable, Title: "Temporarily not available", Retryable: true, Action: dpp.RemedyRetry, Wait: 2 * time.Second,
		Detail: "A part that this request needs does not answer.",
		Hint:   "Repeat the request with the same key after Retry-After.",
		Page:   "The database or the object store cannot be reached, or the process is about to stop. Repeating a submit with the same key is safe: if the first one was accepted, the answer is that run.",
	},
}
