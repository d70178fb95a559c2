package decisionpack

import "slices"

// tieShare is how close scores are a tie, as a share of what adds up to them:
// far above the error of adding in another order, far below any meaning.
const tieShare = 1e-12

// smallOrder is up to how many alternatives insertion beats the general sort.
const smallOrder = 24

// sortByScore orders alternatives best first, equal ones in input order.
// The order of idx before does not matter to the result, only to the time.
func sortByScore(idx []int, score []float64) {
	if len(idx) > smallOrder {
		slices.SortFunc(idx, func(a, b int) int {
			switch {
			case a == b:
				return 0
			case ahead(a, b, score):
				return -1
			default:
				return 1
			}
		})
		return
	}
	for k := 1; k < len(idx); k++ {
		moving, at := idx[k], k
		for at > 0 && ahead(moving, idx[at-1], score) {
			idx[at] = idx[at-1]
			at--
		}
		idx[at] = moving
	}
}

func ahead(a, b int, score []float64) bool {
	return score[a] > score[b] || score[a] == score[b] && a < b
}

// tieEnd is the end of the group of ties that begins at start of a sorted
// order: all that are not more than tie behind its first.
func tieEnd(idx []int, score []float64, start int, tie float64) int {
	end := start + 1
	for end < len(idx) && score[idx[start]]-score[idx[end]] <= tie {
		end++
	}
	return end
}
