package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"dpp"
	"dpp/client"
	"dpp/internal/config"
)

type runSubmitCmd struct {
	target
	Pack           string   `name:"pack" required:"" help:"Which kind of work."`
	Inputs         string   `name:"inputs" placeholder:"JSON" help:"Inputs as JSON, @FILE, or - for standard input. Where the pack takes a file, \"@PATH\" in them sends a local one."`
	Example        bool     `name:"example" help:"Take inputs and cost from the pack's own example."`
	MaxCost        string   `name:"max-cost" placeholder:"USD" help:"What the run may cost at most, such as 0.2500."`
	Timebox        string   `name:"timebox" placeholder:"DURATION" help:"How long the pack may work, such as 90s."`
	MinReliability string   `name:"min-reliability" placeholder:"0..1" help:"What the result must reach, else the run fails."`
	IdempotencyKey string   `name:"idempotency-key" placeholder:"KEY" help:"Makes repeats of this submit one run; made where absent."`
	NoPartial      bool     `name:"no-partial" help:"Fail at a limit instead of giving what there is."`
	ExternalID     string   `name:"external-id" help:"Your own name for the run."`
	Tags           []string `name:"tag" sep:"none" placeholder:"TAG" help:"A tag; may be repeated."`
	Wait           bool     `name:"wait" help:"Wait for the end; exit 1 unless the run is COMPLETED."`
	Watch          bool     `name:"watch" help:"As --wait, with progress."`
}

// Run is part of the command line.
func (c *runSubmitCmd) Run(ctx context.Context, s *session) error {
	if c.Example == (c.Inputs != "") {
		return &usageError{"name what to submit: either --inputs or --example"}
	}
	api, err := s.connect(&c.target)
	if err != nil {
		return err
	}
	submission, err := c.submission(ctx, api, s)
	if err != nil {
		return err
	}
	made, err := api.Submit(ctx, submission)
	if err != nil {
		return s.inDoubt(err, made.IdempotencyKey)
	}
	switch {
	case c.Watch:
		s.say("%s %s", made.Run.ID, accepted(made))
		return s.watch(ctx, api, made.Run.ID)
	case c.Wait:
		return s.wait(ctx, api, made.Run)
	}
	return s.print(made.Run, func(w io.Writer) {
		row(w, string(made.Run.ID)+" "+accepted(made)+"; follow it with: dpp run watch "+string(made.Run.ID))
	})
}

func accepted(made client.Submitted) string {
	if made.Replayed {
		return "was accepted before, under this idempotency key"
	}
	return "accepted"
}

// inDoubt says how to repeat a submit whose fate nobody told.
func (s *session) inDoubt(err error, key string) error {
	var refused *client.Error
	told := errors.As(err, &refused) && (refused.Problem.Status < http.StatusInternalServerError || refused.Problem.Status == http.StatusServiceUnavailable)
	if !told && code(err) != exitUsage {
		same := ""
		if s.sent { // sent again they would be other uploads, and the run another one
			same = " and, instead of the files, the uploads above"
		}
		s.say("should the submit have arrived all the same: repeated with --idempotency-key %s%s it makes one run", key, same)
	}
	return err
}

func (s *session) wait(ctx context.Context, api *client.Client, run dpp.RunView) error {
	id := run.ID
	run, err := api.Wait(ctx, id)
	if err != nil {
		if interrupted(ctx, err) {
			s.say("stopped waiting; the run goes on: dpp run watch %s", id)
			return errTold
		}
		return err
	}
	return s.ended(&run)
}

func (c *runSubmitCmd) submission(ctx context.Context, api *client.Client, s *session) (client.Submission, error) {
	out := client.Submission{
		PackType: c.Pack, RefusePartial: c.NoPartial, ExternalID: c.ExternalID, Tags: c.Tags, IdempotencyKey: c.IdempotencyKey,
	}
	if c.Example {
		if err := takeExample(ctx, api, &out); err != nil {
			return out, err
		}
		return out, c.limits(&out)
	}
	inputs, err := readInputs(c.Inputs, s.In)
	if err == nil {
		err = c.limits(&out)
	}
	if err == nil {
		out.Inputs, err = s.sendFiles(ctx, api, c.Pack, inputs)
	}
	return out, err
}

// limits reads the flags of the reservation over what the example says.
func (c *runSubmitCmd) limits(into *client.Submission) (err error) {
	if c.MaxCost != "" {
		if into.MaxCost, err = dpp.ParseMoney(c.MaxCost); err != nil {
			return &usageError{"--max-cost: " + err.Error()}
		}
	}
	if into.MaxCost == 0 {
		return &usageError{"say with --max-cost what the run may cost at most, such as 0.2500"}
	}
	if c.Timebox != "" {
		if into.Timebox, err = config.ParseDuration(c.Timebox); err != nil || into.Timebox < time.Second {
			return &usageError{"--timebox is no duration of a second or more: write it as 90s"}
		}
	}
	if c.MinReliability != "" {
		if into.MinReliability, err = dpp.ParseScore(c.MinReliability); err != nil {
			return &usageError{"--min-reliability: " + err.Error()}
		}
	}
	return nil
}

// exampleBody is a pack's example as far as a submit takes it.
type exampleBody struct {
	Inputs      jsontext.Value `json:"inputs"`
	Reservation struct {
		MaxCost        dpp.Money `json:"max_cost_usd"`
		TimeboxSec     int64     `json:"timebox_sec"`
		MinReliability dpp.Score `json:"min_reliability_score"`
	} `json:"reservation"`
}

func takeExample(ctx context.Context, api *client.Client, into *client.Submission) error {
	pack, err := api.Pack(ctx, into.PackType)
	if err != nil {
		return err
	}
	var body exampleBody
	if err := json.Unmarshal(pack.Example, &body); err != nil {
		return fmt.Errorf("the pack's example: %w", err)
	}
	into.Inputs, into.MaxCost = body.Inputs, body.Reservation.MaxCost
	into.Timebox, into.MinReliability = time.Duration(body.Reservation.TimeboxSec)*time.Second, body.Reservation.MinReliability
	return nil
}

// maxInputs is the server's bound of a body.
const maxInputs = 10 << 20

func readInputs(text string, stdin io.Reader) (jsontext.Value, error) {
	content := []byte(text)
	var err error
	if path, ok := strings.CutPrefix(text, "@"); ok {
		content, err = readInputFile(path)
	} else if text == "-" {
		content, err = readBounded(stdin)
	}
	if err != nil {
		return nil, err
	}
	value := jsontext.Value(content)
	if !value.IsValid() || value.Kind() != '{' {
		return nil, &usageError{"--inputs is no JSON object that names everything once"}
	}
	return value, nil
}

func readInputFile(path string) ([]byte, error) {
	f, err := os.Open(path) //nolint:gosec // the caller names it
	if err != nil {
		return nil, &usageError{"--inputs: " + err.Error()}
	}
	defer f.Close() //nolint:errcheck // it was only read
	return readBounded(f)
}

func readBounded(from io.Reader) ([]byte, error) {
	content, err := io.ReadAll(io.LimitReader(from, maxInputs+1))
	if err != nil {
		return nil, fmt.Errorf("inputs: %w", err)
	}
	if len(content) > maxInputs {
		return nil, &usageError{"--inputs is larger than 10 MiB"}
	}
	return content, nil
}
