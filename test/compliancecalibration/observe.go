package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"dpp"
	"dpp/internal/inputs"
	"dpp/internal/pack"
	"dpp/internal/pack/compliancepack"
	"dpp/internal/pack/compliancepack/precision"
	"dpp/internal/pack/compliancepack/recognise"
	"dpp/test/labelled"
)

// observation is a finding of which it is known whether it is right.
type observation struct {
	recogniser string
	confidence float64 // the recogniser's own
	right      bool
	// group is what the documents have in common in which it stands: they are like each other.
	group  string
	others bool // a case of others
}

// sight is what was seen in the documents of this project.
type sight struct {
	all []observation
	// planted are values by kind, found those of which a part was found as such.
	planted, found map[string]int
}

// newPack is the pack as it is, with a key that nobody needs.
func newPack() *compliancepack.Pack {
	return compliancepack.New(inputs.New(nil, nil, nil, inputs.Options{}), nil, compliancepack.Options{
		Secret: func(context.Context) ([]byte, error) { return []byte("the key of nothing but measurements"), nil },
	})
}

// observe looks at the documents and notices of this project.
func observe(ctx context.Context) (*sight, error) {
	documents, err := labelled.Documents()
	if err != nil {
		return nil, err
	}
	p := newPack()
	s := &sight{planted: map[string]int{}, found: map[string]int{}}
	for _, d := range documents {
		hits, err := p.Hits(ctx, d.Name, d.Text)
		if err != nil {
			return nil, err
		}
		s.add(d, hits)
	}
	return s, s.addNotices(ctx, p)
}

// add tells of each finding whether it is right: whether it is about a part of a value of that
// kind at least. Any rule is right about any secret.
func (s *sight) add(d labelled.Document, hits []compliancepack.Hit) {
	was := make([]bool, len(d.Values))
	for _, h := range hits {
		o := observation{recogniser: h.Recogniser, confidence: h.Confidence, group: d.Name}
		for i, v := range d.Values {
			if v.Start < h.End && h.Start < v.End && v.Kind == kindOf(h) {
				o.right, was[i] = true, true
			}
		}
		s.all = append(s.all, o)
	}
	for i, v := range d.Values {
		s.planted[v.Kind]++
		if was[i] {
			s.found[v.Kind]++
		}
	}
}

func kindOf(h compliancepack.Hit) string {
	if strings.HasPrefix(h.Rule, "secrets.") {
		return labelled.Secret
	}
	return strings.TrimPrefix(h.Rule, "pii.")
}

// noticePolicy is the policy on privacy notices.
const noticePolicy = "gdpr-art13"

// addNotices tells of each element that the policy misses whether it is missing.
func (s *sight) addNotices(ctx context.Context, p *compliancepack.Pack) error {
	notices, err := labelled.Notices()
	if err != nil {
		return err
	}
	for _, n := range notices {
		missed, err := missedIn(ctx, p, n.Text)
		if err != nil {
			return err
		}
		lacks := map[string]bool{}
		for _, e := range n.Lacks {
			lacks[noticePolicy+"."+e] = true
			s.planted[noticePolicy]++
		}
		for _, m := range missed {
			s.all = append(s.all, observation{recogniser: m.Rule, confidence: m.Confidence, right: lacks[m.Rule], group: "notices"})
			if lacks[m.Rule] {
				s.found[noticePolicy]++
			}
		}
	}
	return nil
}

// missing is a finding about a notice.
type missing struct {
	Rule       string  `json:"rule_id"`
	Confidence float64 `json:"confidence"`
}

// missedIn are the elements that the policy on privacy notices misses in a text.
func missedIn(ctx context.Context, p *compliancepack.Pack, text string) ([]missing, error) {
	in, err := json.Marshal(map[string]any{"documents": []any{map[string]any{"name": "notice.txt", "text": text}}, "policies": []any{map[string]any{"id": noticePolicy}}})
	if err != nil {
		return nil, err
	}
	out, err := p.Run(ctx, pack.Job{Inputs: in, Meter: pack.NewMeter(p.Manifest().Prices, dpp.USD, nil)})
	if err != nil {
		return nil, err
	}
	written, err := json.Marshal(out.Data)
	if err != nil {
		return nil, err
	}
	var data struct {
		Findings []missing `json:"findings"`
	}
	err = json.Unmarshal(written, &data)
	return data.Findings, err
}

// caseOfOthers is a text with the values of one kind that are to be found in it.
type caseOfOthers struct {
	Text  string   `json:"text"`
	Count int      `json:"count"`
	Spans [][2]int `json:"spans"` // offsets in code points; nil where they are not given
}

// observeOthers looks at the cases in the folder of true answers, with the recogniser of each
// case alone: the cases say nothing of other kinds. There are none where no folder is named.
func observeOthers(ctx context.Context, dir string) ([]observation, error) {
	if dir == "" {
		return nil, nil
	}
	text, err := os.ReadFile(filepath.Join(dir, "pii_cases.json"))
	if err != nil {
		return nil, err
	}
	var file struct {
		Cases map[string][]caseOfOthers `json:"cases"`
	}
	if err := json.Unmarshal(text, &file, jsontext.AllowInvalidUTF8(true)); err != nil {
		return nil, err
	}
	if len(file.Cases) == 0 {
		return nil, errors.New("there are no cases")
	}
	var all []observation
	for kind, cases := range file.Cases {
		for _, c := range cases {
			all = append(all, c.observe(ctx, kind)...)
		}
	}
	return all, nil
}

func (c *caseOfOthers) observe(ctx context.Context, kind string) (all []observation) {
	found, _ := recognise.Find(ctx, c.Text, []string{kind}, recognise.Options{})
	for i, f := range found {
		o := observation{recogniser: precision.Kind(kind, f.Printed), confidence: f.Confidence, right: c.Spans == nil && i < c.Count, others: true}
		start := utf8.RuneCountInString(c.Text[:f.Start])
		end := start + utf8.RuneCountInString(c.Text[f.Start:f.End])
		for _, s := range c.Spans {
			o.right = o.right || s[0] < end && start < s[1]
		}
		all = append(all, o)
	}
	return all
}
