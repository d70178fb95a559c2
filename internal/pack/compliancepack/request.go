package compliancepack

import (
	"errors"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"dpp"
	"dpp/internal/inputs"
	"dpp/internal/pack"
	"dpp/internal/pack/compliancepack/policy"
)

// Bounds of inputs.
const (
	mib          = 1 << 20
	maxDocuments = 100
	maxRules     = 50
	maxBaseline  = 10_000
	maxTextBytes = 10 * mib // of one document
	maxFileBytes = 30 * mib
	maxRunBytes  = 64 * mib // the loader's own
	maxName      = 255
)

// request is what a caller asks for, as it stands in the inputs: what is absent stays absent
// when the rest of the work is handed back in the same form.
type request struct {
	Documents []doc           `json:"documents"`
	Policies  []askedPolicy   `json:"policies,omitzero"`
	Rules     []askedRule     `json:"rules,omitzero"`
	FailOn    policy.Severity `json:"fail_on,omitzero"`
	ReviewOn  policy.Severity `json:"review_on,omitzero"`
	Baseline  []string        `json:"baseline,omitzero"`
	Redact    *bool           `json:"redact,omitzero"`
}

// doc is a document: a text, a file, or one of both that an earlier run has sealed.
type doc struct {
	Name      string       `json:"name,omitzero"`
	MediaType string       `json:"media_type,omitzero"`
	Text      *string      `json:"text,omitzero"`
	File      *inputs.File `json:"file,omitzero"`
	Sealed    string       `json:"sealed,omitzero"`
}

type askedPolicy struct {
	ID      string        `json:"id"`
	Version string        `json:"version,omitzero"`
	Options *askedOptions `json:"options,omitzero"`
}

type askedOptions struct {
	Rules         []string `json:"rules,omitzero"`
	Exclude       []string `json:"exclude,omitzero"`
	Regions       []string `json:"regions,omitzero"`
	MinConfidence *float64 `json:"min_confidence,omitzero"`
}

// askedRule is a rule of the caller's own, or one that an earlier run has sealed.
type askedRule struct {
	ID       string          `json:"id,omitzero"`
	CEL      string          `json:"cel,omitzero"`
	Severity policy.Severity `json:"severity,omitzero"`
	Message  string          `json:"message,omitzero"`
	Remedy   string          `json:"remedy,omitzero"`
	Sealed   string          `json:"sealed,omitzero"`
}

func (r *request) failOn() policy.Severity   { return severityOr(r.FailOn, policy.High) }
func (r *request) reviewOn() policy.Severity { return severityOr(r.ReviewOn, policy.Medium) }
func (r *request) redact() bool              { return r.Redact != nil && *r.Redact }

func severityOr(asked, otherwise policy.Severity) policy.Severity {
	if asked == "" {
		return otherwise
	}
	return asked
}

// readRequest decodes inputs. Its error is a [*pack.InputError].
func readRequest(raw jsontext.Value) (*request, error) {
	req := new(request)
	if err := json.Unmarshal(raw, req, json.RejectUnknownMembers(true)); err != nil {
		return nil, &pack.InputError{Fields: []pack.FieldError{{
			Pointer: place(err), Code: "type", Message: "This does not have the form that the schema of the inputs asks for.",
		}}}
	}
	var found findings
	req.check(&found)
	return req, found.err()
}

// place is where in the inputs decoding failed, as far as names of this pack's own lead.
func place(err error) string {
	var semantic *json.SemanticError
	var syntactic *jsontext.SyntacticError
	pointer := ""
	if errors.As(err, &semantic) {
		pointer = string(semantic.JSONPointer)
	} else if errors.As(err, &syntactic) {
		pointer = string(syntactic.JSONPointer)
	}
	if len(pointer) > 100 {
		return ""
	}
	return pointer
}

// findings gathers what is wrong with inputs, up to maxFindings.
type findings struct{ fields []pack.FieldError }

const maxFindings = 20

func (f *findings) add(pointer, code, message, expected string) {
	if len(f.fields) < maxFindings {
		f.fields = append(f.fields, pack.FieldError{Pointer: pointer, Code: code, Message: message, Expected: expected})
	}
}

func (f *findings) err() error {
	if len(f.fields) == 0 {
		return nil
	}
	return &pack.InputError{Fields: f.fields}
}

func at(list string, i int, part ...string) string {
	return pack.Pointer(append([]string{list, strconv.Itoa(i)}, part...)...)
}

// check finds what the schema cannot say; policies and rules come by [catalogue.plan].
func (r *request) check(found *findings) {
	if len(r.Documents) == 0 {
		found.add("/documents", "required", "Give at least one document.", "")
	}
	if len(r.Policies) == 0 && len(r.Rules) == 0 {
		found.add("/policies", "required", "Say what is checked: give policies, rules, or both.", "policies or rules")
	}
	for i := range r.Documents {
		d := &r.Documents[i]
		forms := 0
		for _, there := range []bool{d.Text != nil, d.File != nil, d.Sealed != ""} {
			if there {
				forms++
			}
		}
		if forms != 1 {
			found.add(at("documents", i), "required", "Give either the text or a file.", "text or file")
		}
		if d.File != nil {
			found.fields = append(found.fields, d.File.Check(at("documents", i, "file"), maxFileBytes)...)
		}
		if d.Sealed != "" {
			if _, ok := sealedNumber(d.Sealed); !ok {
				found.add(at("documents", i, "sealed"), "pattern", "This is nothing that an earlier run has sealed.", "what stands in data.remaining")
			}
		}
	}
}

// chars are how many characters a document has, where that is known before it is read.
func (d *doc) chars() (count int64, known bool) {
	switch {
	case d.Text != nil:
		return int64(utf8.RuneCountInString(*d.Text)), true
	case d.Sealed != "":
		count, _ = sealedNumber(d.Sealed)
		return count, true
	}
	return 0, false
}

// open unseals what an earlier run has sealed. Its error is a [*pack.Failure].
func (r *request) open(k *keys) error {
	for i := range r.Documents {
		d := &r.Documents[i]
		if d.Sealed == "" {
			continue
		}
		text, err := k.unseal(d.Sealed)
		var whole doc
		if err != nil || json.Unmarshal(text, &whole) != nil || whole.Sealed != "" || (whole.Text == nil) == (whole.File == nil) {
			return notOurs(at("documents", i, "sealed"))
		}
		*d = whole
	}
	for i := range r.Rules {
		a := &r.Rules[i]
		if a.Sealed == "" {
			continue
		}
		text, err := k.unseal(a.Sealed)
		var whole askedRule
		if err != nil || json.Unmarshal(text, &whole) != nil || whole.Sealed != "" {
			return notOurs(at("rules", i, "sealed"))
		}
		*a = whole
	}
	return nil
}

func notOurs(pointer string) error {
	return &pack.Failure{
		Reason: dpp.ReasonInputRejected, Detail: "What stands at " + pointer + " was not sealed by this platform for you, or with a key that it has no more.",
		Hint: "Submit the documents themselves.",
	}
}

// expected are the fewest, the likely and the most characters of a file.
func expected(f *inputs.File) (few, some, many int64) {
	if f.Kind == inputs.KindInline && isText(f.MediaType) {
		size := int64(len(f.Data)) / 4 * 3
		return size / 4, size, size // four bytes are one character at most
	}
	return 1, likelyChars, mostChars
}

// What is expected of files of which nothing is known, in characters.
const (
	likelyChars = 20_000
	mostChars   = 2_000_000
)

// estimate counts characters and expressions. The first document is the least that can be done.
func (r *request) estimate(expressions int64) pack.Estimate {
	var e pack.Estimate
	var low, likely, high, first int64
	for i := range r.Documents {
		d := &r.Documents[i]
		few, known := d.chars()
		some, many := few, few
		if !known {
			few, some, many = expected(d.File)
			if upload, ok := d.File.Upload(at("documents", i, "file")); ok {
				e.Uploads = append(e.Uploads, upload)
			}
		}
		low, likely, high = low+few, likely+some, high+many
		if i == 0 {
			first = few
		}
	}
	n := int64(len(r.Documents))
	e.Minimum = quantities(first, expressions)
	e.All, e.Low = quantities(low, n*expressions), quantities(low, n*expressions)
	e.Likely, e.High = quantities(likely, n*expressions), quantities(high, n*expressions)
	return e
}

// quantities are what checking so many characters by so many expressions takes.
func quantities(chars, expressions int64) []pack.Quantity {
	list := []pack.Quantity{{Unit: unitCharacter, Quantity: chars}}
	if expressions > 0 {
		list = append(list, pack.Quantity{Unit: unitRule, Quantity: expressions})
	}
	return list
}

// rulePrefix tells whether an id belongs to a built-in policy.
func rulePrefix(id string, policies []string) bool {
	for _, p := range policies {
		if id == p || strings.HasPrefix(id, p+".") {
			return true
		}
	}
	return id == ruleError
}
