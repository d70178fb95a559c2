package storetest

import (
	"encoding/json"
	"fmt"
	"reflect"
)

// same compares two values deeply and shows both where they differ.
func (w *world) same(what string, got, want any) {
	w.Helper()
	if !reflect.DeepEqual(got, want) {
		w.Errorf("%s:\ngot  %s\nwant %s", what, show(got), show(want))
	}
}

func show(value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		return fmt.Sprintf("%+v", value)
	}
	return string(text)
}
