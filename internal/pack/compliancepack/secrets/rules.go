package secrets

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/pelletier/go-toml/v2"
	"github.com/zricethezav/gitleaks/v8/config"

	"dpp/internal/pack/compliancepack/needle"
)

// ruleFile is the part of gitleaks' configuration that is about contents.
type ruleFile struct {
	Allowlist allowEntry
	Rules     []ruleEntry
}

type ruleEntry struct {
	ID          string
	Description string
	Regex       string
	SecretGroup int
	Entropy     float64
	Path        string
	Keywords    []string
	Allowlists  []allowEntry
}

type allowEntry struct {
	Condition   string
	Paths       []string
	RegexTarget string
	Regexes     []string
	StopWords   []string
}

func readRules() (ruleFile, error) {
	var file ruleFile
	if err := toml.Unmarshal([]byte(config.DefaultConfig), &file); err != nil {
		return file, fmt.Errorf("secrets: rules: %w", err)
	}
	return file, nil
}

// expression is a compiled one with what it costs, in multiples of a usual one.
type expression struct {
	*regexp.Regexp
	cost int
}

// usual is how many instructions an expression may have that costs one.
const usual = 32

// rule is one rule, ready to be tried.
type rule struct {
	id, description string
	keywords        []string // in lower case
	offsets         map[string][]int
	shape           shape
	group           int
	entropy         float64
	path            *regexp.Regexp
	allowed         []allowlist
	// expression is compiled at the first keyword: most rules never meet one.
	expression func() expression
}

func newRule(e ruleEntry) (*rule, error) {
	r := &rule{id: e.ID, description: e.Description, group: e.SecretGroup, entropy: e.Entropy, offsets: map[string][]int{}}
	for _, word := range e.Keywords {
		r.keywords = append(r.keywords, strings.ToLower(word))
	}
	var err error
	if r.shape, err = shapeOf(e.Regex, r.keywords); err != nil {
		return nil, fmt.Errorf("secrets: rule %s: %w", e.ID, err)
	}
	r.expression = sync.OnceValue(func() expression {
		return expression{regexp.MustCompile(r.shape.source), max(1, size(r.shape.source)/usual)}
	})
	for _, word := range r.keywords {
		r.offsets[word] = r.shape.offsets(word)
	}
	if e.Path != "" {
		if r.path, err = regexp.Compile(e.Path); err != nil {
			return nil, fmt.Errorf("secrets: rule %s: %w", e.ID, err)
		}
	}
	for _, a := range e.Allowlists {
		list, err := a.compile()
		if err != nil {
			return nil, fmt.Errorf("secrets: rule %s: %w", e.ID, err)
		}
		r.allowed = append(r.allowed, list)
	}
	return r, nil
}

// allowlist says what is no secret although it looks like one.
type allowlist struct {
	all     bool // every criterion must hold
	paths   []*regexp.Regexp
	target  string // "", "match" or "line"
	regexes []*regexp.Regexp
	words   *needle.Set
}

func (e allowEntry) compile() (allowlist, error) {
	a := allowlist{all: e.Condition == "AND", target: e.RegexTarget}
	for _, list := range []struct {
		from []string
		to   *[]*regexp.Regexp
	}{{e.Paths, &a.paths}, {e.Regexes, &a.regexes}} {
		for _, source := range list.from {
			expression, err := regexp.Compile(source)
			if err != nil {
				return a, fmt.Errorf("allowlist: %w", err)
			}
			*list.to = append(*list.to, expression)
		}
	}
	if len(e.StopWords) > 0 {
		words := make([]string, len(e.StopWords))
		for i, word := range e.StopWords {
			words[i] = strings.ToLower(word)
		}
		a.words = needle.New(words)
	}
	return a, nil
}

// allows tells whether a list clears a match. Names of files clear nothing alone: a caller that
// has a document checked wants it checked.
func (a *allowlist) allows(secret, match, line, name string) bool {
	target := secret
	switch a.target {
	case "match":
		target = match
	case "line":
		target = line
	}
	matched := slices.ContainsFunc(a.regexes, func(e *regexp.Regexp) bool { return e.MatchString(target) })
	if a.all {
		return matched && slices.ContainsFunc(a.paths, func(e *regexp.Regexp) bool { return e.MatchString(name) })
	}
	return matched || a.words != nil && a.words.Contains(secret)
}
