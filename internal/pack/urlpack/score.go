package urlpack

import "dpp"

// The reliability of a page is a product of what is known about how it was read.
// Each factor below full is named in the page's notes.
const (
	scoreVerbatim    dpp.Score = 1_000_000 // plain text and JSON, passed on as they are
	scoreReadability dpp.Score = 950_000
	scoreSemantics   dpp.Score = 850_000
	scoreBody        dpp.Score = 650_000

	factorThin      dpp.Score = 500_000 // hardly any text: perhaps a page that only scripts fill
	factorGuessed   dpp.Score = 900_000 // no character set was declared
	factorDamaged   dpp.Score = 600_000 // more than one character in a thousand was unreadable
	factorBodyCut   dpp.Score = 700_000 // the page was longer than the pack reads
	factorBadFormat dpp.Score = 700_000 // JSON that is none
)

const thinText = 200

func (p *Page) start(score dpp.Score, note string) {
	p.score = score
	if note != "" {
		p.Notes = append(p.Notes, note)
	}
}

func (p *Page) lower(factor dpp.Score, note string) {
	p.score = dpp.Score(int64(p.score) * int64(factor) / int64(dpp.FullScore)) //nolint:gosec // at most the score before
	p.Notes = append(p.Notes, note)
}

// overall is the mean reliability of the pages that were read times their share
// of all that were tried, which is the sum over those tried. What a limit left
// undone does not count: it is told apart, as the rest of the work.
func overall(results []*Result) dpp.Score {
	var sum, tried int64
	for _, r := range results {
		if r.Error == nil || r.Error.Reason != notFetched {
			tried++
			sum += int64(r.Reliability)
		}
	}
	if tried == 0 {
		return 0
	}
	return dpp.Score(sum / tried) //nolint:gosec // a mean of scores is no larger than one
}
