package urlpack

import "dpp"

// The reliability of a page is what is known about how its content was found,
// times factors for what is known about how it was read. What lowers it is named
// in the page's notes.
//
// Content starts at a base for the way in which it was found; the agreement of
// the extractors and the density of the text add their parts.
const (
	scoreVerbatim   dpp.Score = 1_000_000 // plain text and JSON, passed on as they are
	scoreDocument   dpp.Score = 950_000   // the text layer of a document
	scoreExtractors dpp.Score = 600_000
	scoreMarkup     dpp.Score = 750_000
	scorePage       dpp.Score = 550_000
	partAgreement   dpp.Score = 250_000
	partDensity     dpp.Score = 100_000

	factorThin      dpp.Score = 500_000 // hardly any text: perhaps a page that only scripts fill
	factorGuessed   dpp.Score = 900_000 // no character set was declared
	factorDamaged   dpp.Score = 600_000 // more than one character in a thousand was unreadable
	factorBodyCut   dpp.Score = 700_000 // the page was longer than the pack reads
	factorBadFormat dpp.Score = 700_000 // JSON that is none
)

const (
	thinText = 200
	// Below these, of 1000, agreement and density are named in the notes.
	lowAgreement = trustedAgreement
	lowDensity   = 500
)

// startContent starts the score of a page whose main content was looked for.
func (p *Page) startContent(c *content) {
	full := int64(dpp.FullScore)
	p.Content = &Content{Found: c.found, Density: thousandths(c.density)}
	score := map[method]dpp.Score{byExtractors: scoreExtractors, byMarkup: scoreMarkup, byPage: scorePage}[c.found]
	score += dpp.Score(int64(partDensity) * int64(p.Content.Density) / full) //nolint:gosec // a part of a score is none larger
	switch c.found {
	case byExtractors:
		agreement := thousandths(c.agreement)
		p.Content.Agreement = &agreement
		score += dpp.Score(int64(partAgreement) * int64(agreement) / full) //nolint:gosec // a part of a score is none larger
		if c.agreement < lowAgreement {
			p.Notes = append(p.Notes, "extractors_disagree")
		}
	case byMarkup:
		p.Notes = append(p.Notes, "content_by_markup")
	default:
		p.Notes = append(p.Notes, "content_is_whole_page")
	}
	if c.density < lowDensity {
		p.Notes = append(p.Notes, "mostly_links")
	}
	p.score = score
}

func thousandths(n int) dpp.Score {
	return dpp.Score(int64(n) * int64(dpp.FullScore) / 1000) //nolint:gosec // at most a full score
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
