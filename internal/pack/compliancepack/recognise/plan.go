package recognise

import (
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/nyaruka/phonenumbers"
)

// maxNumbers is how many telephone numbers of one text are judged; a judgement takes about a
// microsecond.
const maxNumbers = 250_000

// plan is a region's plan of numbers, as libphonenumber describes it. Its own functions parse a
// number first and take twenty times as long, which a text full of figures does not leave.
type plan struct {
	region  string
	calling int
	// trunk is the digit before a number that is dialled from inside, 0 where there is none;
	// needed: numbers are not written without it. Where they are they have ten digits at least.
	trunk  byte
	needed bool
	// sizes are a bit for each number of digits that numbers may have.
	sizes uint32
	// expression is that of all kinds of numbers, compiled at the first number.
	expression func() *regexp.Regexp
}

// possible tells whether numbers may have so many digits.
func (p *plan) possible(size int) bool { return size < 32 && p.sizes>>size&1 == 1 }

func (p *plan) matches(digits []byte) bool { return p.expression().Match(digits) }

// plans are the plans of all regions: by region, and by calling code, the main region of a code
// first.
func plans() (byRegion map[string]*plan, byCode map[int][]*plan) {
	byRegion, byCode = map[string]*plan{}, map[int][]*plan{}
	all, err := phonenumbers.MetadataCollection()
	if err != nil {
		return byRegion, byCode // a broken build: its tests find no number
	}
	for _, m := range all.GetMetadata() {
		p := newPlan(m)
		if byRegion[p.region] == nil {
			byRegion[p.region] = p
		}
		if m.GetMainCountryForCode() {
			byCode[p.calling] = slices.Insert(byCode[p.calling], 0, p)
		} else {
			byCode[p.calling] = append(byCode[p.calling], p)
		}
	}
	return byRegion, byCode
}

func newPlan(m *phonenumbers.PhoneMetadata) *plan {
	p := &plan{region: m.GetId(), calling: int(m.GetCountryCode())}
	if prefix := m.GetNationalPrefix(); len(prefix) == 1 {
		p.trunk = prefix[0]
		p.needed = prefix == "0" && !slices.Contains([]string{"IN", "BR"}, p.region)
	}
	var patterns []string
	for _, kind := range []*phonenumbers.PhoneNumberDesc{
		m.GetFixedLine(), m.GetMobile(), m.GetTollFree(), m.GetPremiumRate(), m.GetSharedCost(), m.GetPersonalNumber(),
		m.GetVoip(), m.GetPager(), m.GetUan(), m.GetVoicemail(),
	} {
		if kind.GetNationalNumberPattern() == "" || slices.Contains(kind.GetPossibleLength(), -1) {
			continue
		}
		patterns = append(patterns, "(?:"+kind.GetNationalNumberPattern()+")")
	}
	for _, size := range m.GetGeneralDesc().GetPossibleLength() {
		if size > 0 && size < 32 {
			p.sizes |= 1 << size
		}
	}
	source := `\A(?:` + strings.Join(patterns, "|") + `)\z`
	p.expression = sync.OnceValue(func() *regexp.Regexp {
		if expression, err := regexp.Compile(source); err == nil {
			return expression
		}
		return regexp.MustCompile(`\z.`) // matches nothing
	})
	return p
}

// regionsOf are the plans of the regions that are asked for; those that do not exist have none.
func (t *tables) regionsOf(codes []string) []*plan {
	if codes == nil {
		codes = DefaultRegions()
	}
	var found []*plan
	for _, code := range codes {
		if p := t.plans[code]; p != nil {
			found = append(found, p)
		}
	}
	return found
}
