package runs

import (
	"testing"

	"github.com/go-json-experiment/json/jsontext"

	"dpp"
	"dpp/internal/pack"
)

// TestWhatWouldMendInputsIsTold: a pack's values come to the caller under pointers
// into the request's body; without any the reason's own remedy stands.
func TestWhatWouldMendInputsIsTold(t *testing.T) {
	wrong := []pack.FieldError{{Pointer: "/scores", Code: "required", Message: "There are no scores."}}
	r := invalidInputs(&pack.InputError{Fields: wrong, Set: map[string]jsontext.Value{"/scores": jsontext.Value(`[[null]]`)}})
	if r.Reason != dpp.ReasonValidationFailed || r.Remedy.Action != dpp.RemedyChangeRequest {
		t.Errorf("%s, %+v", r.Reason, r.Remedy)
	}
	if got := string(r.Remedy.Set["/inputs/scores"]); len(r.Remedy.Set) != 1 || got != `[[null]]` {
		t.Errorf("set %v", r.Remedy.Set)
	}
	if r := invalidInputs(&pack.InputError{Fields: wrong}); r.Remedy.Action != "" || r.Remedy.Set != nil {
		t.Errorf("nothing would mend them, and the remedy is %+v", r.Remedy)
	}
}
