package metric

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"

	"dpp/internal/number"
)

// referenceCount is how many references rows had: what signatures call nrefs.
type referenceCount struct{ least, most int }

// read gives the texts of a row, of which there are at least two, and counts its references.
func (c *referenceCount) read(row Row) (prediction string, references []string, err error) {
	if prediction, err = text(row.Prediction); err != nil {
		return "", nil, err
	}
	if len(row.References) == 0 {
		return "", nil, errNoReference
	}
	references = make([]string, len(row.References))
	for i, r := range row.References {
		if references[i], err = text(r); err != nil {
			return "", nil, err
		}
	}
	if c.most == 0 {
		c.least = len(references)
	}
	c.least, c.most = min(c.least, len(references)), max(c.most, len(references))
	return prediction, references, nil
}

// String is the number of references, or var where rows differ.
func (c referenceCount) String() string {
	if c.least != c.most {
		return "var"
	}
	return strconv.Itoa(c.most)
}

func casing(lowercase bool) string {
	if lowercase {
		return "lc"
	}
	return "mixed"
}

func yesNo(yes bool) string {
	if yes {
		return "yes"
	}
	return "no"
}

// digest stands in a signature for a parameter that is too long for one: 12 digits of its
// SHA-256.
func digest(values ...string) string {
	hash := sha256.New()
	for _, value := range values {
		_, _ = fmt.Fprintf(hash, "%d:%s", len(value), value) // a hash takes everything
	}
	return hex.EncodeToString(hash.Sum(nil))[:12]
}

// decimal writes a parameter as short as possible.
func decimal(x float64) string { return strconv.FormatFloat(x, 'g', -1, 64) }

// shown rounds numbers as they are shown.
func shown(numbers ...float64) []float64 {
	rounded := make([]float64, len(numbers))
	for i, x := range numbers {
		rounded[i] = number.Round(x)
	}
	return rounded
}
