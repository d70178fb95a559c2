package dpp

// Reason is a machine-readable code that says why something was refused, failed
// or ended as it did. Codes are UPPER_SNAKE and never change their meaning.
type Reason string

// Reasons for which a request is refused.
const (
	ReasonBadRequest            Reason = "BAD_REQUEST"
	ReasonIdempotencyKeyMissing Reason = "IDEMPOTENCY_KEY_MISSING"
	ReasonIdempotencyKeyInvalid Reason = "IDEMPOTENCY_KEY_INVALID"
	ReasonInvalidCursor         Reason = "INVALID_CURSOR"
	ReasonAuthMissing           Reason = "AUTH_MISSING"
	ReasonAuthInvalid           Reason = "AUTH_INVALID"
	ReasonBudgetDrained         Reason = "BUDGET_DRAINED"
	ReasonScopeMissing          Reason = "SCOPE_MISSING"
	ReasonTenantSuspended       Reason = "TENANT_SUSPENDED"
	ReasonNotFound              Reason = "NOT_FOUND"
	ReasonMethodNotAllowed      Reason = "METHOD_NOT_ALLOWED"
	ReasonResultExpired         Reason = "RESULT_EXPIRED"
	ReasonIdempotencyConflict   Reason = "IDEMPOTENCY_CONFLICT"
	ReasonRunAlreadyTerminal    Reason = "RUN_ALREADY_TERMINAL"
	ReasonUploadExists          Reason = "UPLOAD_EXISTS"
	ReasonBodyTooLarge          Reason = "BODY_TOO_LARGE"
	ReasonUnsupportedMediaType  Reason = "UNSUPPORTED_MEDIA_TYPE"
	ReasonValidationFailed      Reason = "VALIDATION_FAILED"
	ReasonUnknownField          Reason = "UNKNOWN_FIELD"
	ReasonInvalidMoney          Reason = "INVALID_MONEY"
	ReasonInvalidMoneyScale     Reason = "INVALID_MONEY_SCALE"
	ReasonMaxCostTooLow         Reason = "MAX_COST_TOO_LOW"
	ReasonMaxCostExceeded       Reason = "MAX_COST_EXCEEDED"
	ReasonUnknownPack           Reason = "UNKNOWN_PACK"
	ReasonUploadUnusable        Reason = "UPLOAD_UNUSABLE"
	ReasonTestOnly              Reason = "TEST_ONLY"
	ReasonRateLimited           Reason = "RATE_LIMITED"
	ReasonTooManyRuns           Reason = "TOO_MANY_RUNS"
	ReasonDependencyDown        Reason = "DEPENDENCY_DOWN"
)

// Reasons for which a run ends other than COMPLETED. [ReasonInternal] is a
// request's reason too.
const (
	ReasonPackError          Reason = "PACK_ERROR"
	ReasonInputRejected      Reason = "INPUT_REJECTED"
	ReasonTimeboxExceeded    Reason = "TIMEBOX_EXCEEDED"
	ReasonCostLimitReached   Reason = "COST_LIMIT_REACHED"
	ReasonReliabilityNotMet  Reason = "RELIABILITY_NOT_MET"
	ReasonWorkerTimeout      Reason = "WORKER_TIMEOUT"
	ReasonReservationExpired Reason = "RESERVATION_EXPIRED"
	ReasonCanceled           Reason = "CANCELED"
	ReasonInternal           Reason = "INTERNAL"
)

// PlatformFault tells whether a run that failed for this reason failed by the
// platform's own fault, for which an operator may waive the minimum fee.
func (r Reason) PlatformFault() bool { return r == ReasonWorkerTimeout || r == ReasonInternal }

// StopReason says why a COMPLETED run holds only a part of what was asked for.
type StopReason string

// The two limits that stop a run.
const (
	StopCostLimit StopReason = "COST_LIMIT"
	StopTimebox   StopReason = "TIMEBOX"
)
