package sqsqueue

import (
	"errors"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"dpp"
)

// A message's body is one JSON object: {"v":1,"runs":["run_…"]}. Without runs it says
// only: look into the store.
type body struct {
	Version int         `json:"v"`
	Runs    []dpp.RunID `json:"runs"`
	// Another version may have other members.
	Unknown jsontext.Value `json:",embed"`
}

const (
	bodyVersion = 1
	// Writers stay far below what readers take, so that a later version may write more.
	runsWritten = 16
	runsRead    = 256
	bodyLength  = 16 << 10 // bytes
)

// Why a message cannot be read. Its content is never repeated.
var (
	errLong    = errors.New("it is too long")
	errForm    = errors.New("it is not the JSON object that it should be")
	errVersion = errors.New("its version is unknown")
	errMany    = errors.New("it names too many runs")
	errIDs     = errors.New("it names something that is no run")
)

func writeBody(runs []dpp.RunID) (string, error) {
	if runs == nil {
		runs = []dpp.RunID{}
	}
	text, err := json.Marshal(body{Version: bodyVersion, Runs: runs})
	return string(text), err
}

// readBody is strict: a message that was not written by writeBody, or by its like in
// another version of this program, is none.
func readBody(text string) ([]dpp.RunID, error) {
	if len(text) > bodyLength {
		return nil, errLong
	}
	var b body
	if err := json.Unmarshal([]byte(text), &b); err != nil {
		return nil, errForm
	}
	if b.Version != bodyVersion {
		return nil, errVersion
	}
	if len(b.Unknown) > 0 || b.Runs == nil {
		return nil, errForm
	}
	if len(b.Runs) > runsRead {
		return nil, errMany
	}
	for _, id := range b.Runs {
		if !id.Valid() {
			return nil, errIDs
		}
	}
	return b.Runs, nil
}
