package labelled

import (
	_ "embed"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"dpp/internal/number"
)

// Notice is a text about privacy of which it is known what it lacks.
type Notice struct {
	Text string
	// Lacks are the elements of article 13 of the GDPR that it would have to have and has not,
	// as the rules of the policy are called.
	Lacks []string
}

//go:embed notices.txt
var paragraphs string

// paragraph gives elements, and raises those that are only needed where a notice speaks of
// what they explain.
type paragraph struct {
	text          string
	first         bool
	gives, raises []string
}

// Elements are those of article 13; the last four are only needed where they are raised.
func Elements() []string {
	return []string{
		"controller", "data-protection-officer", "purposes", "legal-basis", "recipients", "storage-period", "right-access", "right-rectification", "right-erasure",
		"right-restriction", "right-objection", "right-portability", "complaint", "obligation", "legitimate-interests", "third-countries", "withdrawal", "automated-decisions",
	}
}

// conditional is how many elements are only needed where they are raised.
const conditional = 4

// notices is how many are made.
const notices = 120

// Notices makes all of them, out of paragraphs that somebody wrote. They are the same each
// time.
func Notices() ([]Notice, error) {
	all, err := readParagraphs(paragraphs)
	if err != nil {
		return nil, err
	}
	made := make([]Notice, notices)
	for i := range made {
		made[i] = noticeOf(all, rand.New(rand.NewPCG(number.Stream(13, uint64(i)))))
	}
	return made, nil
}

// readParagraphs reads paragraphs behind lines that say what they are: * begins a notice,
// + gives elements, ? raises some, and - says nothing of the kind.
func readParagraphs(text string) (all []paragraph, err error) {
	for block := range strings.SplitSeq(strings.TrimSpace(text), "\n\n") {
		head, body, _ := strings.Cut(block, "\n")
		p := paragraph{text: body, first: strings.HasPrefix(head, "*")}
		into := &p.gives
		for word := range strings.FieldsSeq(head) {
			switch {
			case word == "?":
				into = &p.raises
			case strings.Contains("*+-", word):
			case slices.Contains(Elements(), word):
				*into = append(*into, word)
			default:
				return nil, fmt.Errorf("there is no element %q", word)
			}
		}
		all = append(all, p)
	}
	return all, nil
}

// noticeOf takes a beginning and about a fifth to two thirds of the paragraphs, in any order.
func noticeOf(all []paragraph, r *rand.Rand) Notice {
	share := 0.2 + r.Float64()*0.4
	var first, chosen []paragraph
	for _, p := range all {
		switch {
		case p.first:
			first = append(first, p)
		case r.Float64() < share:
			chosen = append(chosen, p)
		}
	}
	r.Shuffle(len(chosen), func(i, j int) { chosen[i], chosen[j] = chosen[j], chosen[i] })
	text, gives, raises := first[r.IntN(len(first))].text, map[string]bool{}, map[string]bool{}
	for _, p := range chosen {
		text += "\n\n" + p.text
		for _, e := range p.gives {
			gives[e] = true
		}
		for _, e := range p.raises {
			raises[e] = true
		}
	}
	n := Notice{Text: text + "\n"}
	for i, e := range Elements() {
		if !gives[e] && (i < len(Elements())-conditional || raises[e]) {
			n.Lacks = append(n.Lacks, e)
		}
	}
	return n
}
