package layer

import (
	"strings"
	"testing"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/korean"
	"pgregory.net/rapid"
)

// charsOf are those of a text, where a page would have them.
func charsOf(text string) []Char {
	var chars []Char
	for i, r := range []rune(text) {
		x := float64(i%80) * 10
		chars = append(chars, Char{Rune: r, Box: [4]float64{x, float64(i / 80 * 20), x + 8, float64(i/80*20 + 12)}})
	}
	return chars
}

const english = `The quick brown fox jumps over the lazy dog, and nobody at the station minds. Payment is due within thirty
days of the date of this invoice; late payments bear interest at the rate that the law provides for. Please quote the
number above in all letters. We thank you for your order and remain, with kind regards, yours sincerely.`

const russian = `Все люди рождаются свободными и равными в своем достоинстве и правах. Они наделены разумом и совестью и
должны поступать в отношении друг друга в духе братства.`

const hangul = `모든 인간은 태어날 때부터 자유로우며 그 존엄과 권리에 있어 동등하다. 인간은 천부적으로 이성과 양심을 부여받았으며
서로 형제애의 정신으로 행동하여야 한다. KBS의 T셔츠 3장, 합계 45,000원.`

// moved is a text in which every letter is another one, as where a font's own numbers of
// its letters were taken for codes.
func moved(text string, by rune) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z':
			return 'a' + (r-'a'+by)%26
		case r >= 'A' && r <= 'Z':
			return 'A' + (r-'A'+by)%26
		}
		return r
	}, text)
}

// misreadText is a text whose bytes were taken for those of Windows-1252.
func misreadText(t *testing.T, raw string) string {
	t.Helper()
	text, err := charmap.Windows1252.NewDecoder().String(raw)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestTextIsGood(t *testing.T) {
	for name, text := range map[string]string{
		"English":     english,
		"in capitals": strings.ToUpper(english),
		"German":      `Alle Menschen sind frei und gleich an Würde und Rechten geboren. Sie sind mit Vernunft und Gewissen begabt und sollen einander im Geist der Brüderlichkeit begegnen. Der Angstschweiß rann ihm die Stirn herab.`,
		"Polish":      `Wszyscy ludzie rodzą się wolni i równi pod względem swej godności i swych praw. Są oni obdarzeni rozumem i sumieniem i powinni postępować wobec innych w duchu braterstwa.`,
		"Czech":       `Všichni lidé rodí se svobodní a sobě rovní co do důstojnosti a práv. Jsou nadáni rozumem a svědomím a mají spolu jednat v duchu bratrství. Strč prst skrz krk, vlk zmrzl, hrst zrn.`,
		"Vietnamese":  `Tất cả mọi người sinh ra đều được tự do và bình đẳng về nhân phẩm và quyền lợi. Mọi con người đều được tạo hóa ban cho lý trí và lương tâm và cần phải đối xử với nhau trong tình bằng hữu.`,
		"Icelandic":   `Hver maður er borinn frjáls og jafn öðrum að virðingu og réttindum. Menn eru gæddir vitsmunum og samvisku, og ber þeim að breyta bróðurlega hverjum við annan.`,
		"Russian":     russian,
		"Greek":       `Όλοι οι άνθρωποι γεννιούνται ελεύθεροι και ίσοι στην αξιοπρέπεια και τα δικαιώματα. Είναι προικισμένοι με λογική και συνείδηση.`,
		"Korean":      hangul,
		"Japanese":    `すべての人間は、生まれながらにして自由であり、かつ、尊厳と権利とについて平等である。人間は、理性と良心とを授けられており、互いに同胞の精神をもって行動しなければならない。Tシャツ`,
		"Chinese":     `人人生而自由，在尊严和权利上一律平等。他们赋有理性和良心，并应以兄弟关系的精神相对待。`,
		"Arabic":      `يولد جميع الناس أحراراً متساوين في الكرامة والحقوق. وقد وهبوا عقلاً وضميراً وعليهم أن يعامل بعضهم بعضاً بروح الإخاء.`,
		"Hindi":       `सभी मनुष्यों को गौरव और अधिकारों के मामले में जन्मजात स्वतन्त्रता और समानता प्राप्त है।`,
		"Thai":        `มนุษย์ทั้งหลายเกิดมามีอิสระและเสมอภาคกันในเกียรติศักดิ์และสิทธิ ต่างมีเหตุผลและมโนธรรม`,
		"French":      `Tous les êtres humains naissent libres et égaux en dignité et en droits. Ils sont doués de raison et de conscience et doivent agir les uns envers les autres dans un esprit de fraternité.`,
		"Finnish":     `Kaikki ihmiset syntyvät vapaina ja tasavertaisina arvoltaan ja oikeuksiltaan. Heille on annettu järki ja omatunto, ja heidän on toimittava toisiaan kohtaan veljeyden hengessä.`,
		"Turkish":     `Bütün insanlar hür, haysiyet ve haklar bakımından eşit doğarlar. Akıl ve vicdana sahiptirler ve birbirlerine karşı kardeşlik zihniyeti ile hareket etmelidirler.`,
		"Welsh":       `Genir pawb yn rhydd ac yn gydradd â'i gilydd mewn urddas a hawliau. Fe'u cynysgaeddir â rheswm a chydwybod, a dylai pawb ymddwyn y naill at y llall mewn ysbryd cymodlon.`,
		"Maltese":     `Il-bnedmin kollha jitwieldu ħielsa u ugwali fid-dinjità u d-drittijiet. Huma mogħnija bir-raġuni u bil-kuxjenza u għandhom iġibu ruħhom ma' xulxin bi spirtu ta' aħwa.`,
		"pinyin":      `Zhongguo gongchandang lingdao xia de renmin gongheguo chengli yilai jingji fazhan xunsu, zhuxi zai Beijing jiejian le waiguo keren, shuangfang jiu liangguo guanxi jinxing le huitan.`,
		"one word":    "Seite",
		"base64":      strings.Repeat("TWFuIGlzIGRpc3Rpbmd1aXNoZWQsIG5vdCBvbmx5IGJ5IGhpcyByZWFzb24sIGJ1dCBieSB0aGlz\n", 10),
		"a genome":    strings.Repeat("ACGTTAGCATTACGGACT GGCATTACAGATTACA\n", 10),
		"C":           strings.Repeat("static int wqx_parse(struct buf *b, const char *fmt, size_t n) { uint32_t crc = 0; memcpy(dst, src, sizeof(*dst)); pthread_mutex_lock(&lck); }\n", 4),
		"a number":    "17",
		"an invoice of numbers": strings.Repeat("2026-11-29  4 × 12.50  50.00 €\n0471  1 × 1,250.00  1,250.00 €\n", 20) +
			"1,300.00 €  19 %  247.00 €  1,547.00 €",
		"codes": strings.Repeat("XK-2231-BRT  0x7F3A  DE89370400440532013000  QWX/17-B\n", 8) + english[:120],
		"a listing": strings.Repeat(`func (l *line) add(w tesseract.Word, style Style) {
	if len(l.words) == 0 { l.box, l.baseline = w.Box, style.Baseline }
	for i := 0; i < n; i++ { fmt.Println(x[i] &^ mask, "ctx", err != nil) } // src, dst, tmp
}
`, 5),
		"a table of contents": strings.Repeat("Introduction ........................................ 1\nMethods and materials ______________________ 23\n", 12),
		"with bullets":        strings.Repeat("\uf0b7 a point that is made\n", 20),
		"formulas":            strings.Repeat("Let α + βx = γ where Δx > 0 and f(x) ≥ ∑ xᵢ, so that the β-decay of x in µm holds.\n", 4),
		"with quotes":         strings.Repeat("“It’s fine,” said Zoë — naïve as ever… ", 10),
		"names":               strings.Repeat("Smith Schwartz Nguyễn Łukasz Ng Hrdlička Åse O’Brien ", 6),
		"divided":             strings.Repeat("infor\ufffemation is power ", 10),
	} {
		if got := Judge(charsOf(text), nil); got.Verdict != Good || got.Reason != "" || got.Sound < 0.9 {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func TestWhatIsNoText(t *testing.T) {
	euckr, err := korean.EUCKR.NewEncoder().String(hangul)
	if err != nil {
		t.Fatal(err)
	}
	words := strings.Fields(english)
	for name, c := range map[string]struct {
		text string
		want Reason
	}{
		"replaced":               {strings.Map(func(r rune) rune { return map[bool]rune{true: '\ufffd', false: r}[strings.ContainsRune("etaoin", r)] }, english), ReasonCharacters},
		"of private use":         {strings.Map(func(r rune) rune { return map[bool]rune{true: r, false: r + 0xe000}[r == ' '] }, english[:150]), ReasonCharacters},
		"controls":               {strings.Repeat("\x03\x0f\x10 \x11\x05 ab", 20), ReasonCharacters},
		"not in Unicode":         {strings.Repeat("\u0378\u0379 \U000e0fff ab", 20), ReasonCharacters},
		"UTF-8 as Windows-1252":  {misreadText(t, strings.Repeat("“It’s fine,” said Zoë. ", 10)), ReasonEncoding},
		"Korean as Windows-1252": {misreadText(t, hangul), ReasonEncoding},
		"Russian as Latin-1":     {misreadText(t, russian), ReasonEncoding},
		"EUC-KR as Windows-1252": {misreadText(t, strings.Map(func(r rune) rune { return r }, euckr)), ReasonEncoding},
		"Cyrillic for Latin":     {strings.NewReplacer("e", "е", "o", "о", "a", "а").Replace(english), ReasonScripts},
		"Greek for Latin":        {strings.NewReplacer("o", "ο", "v", "ν", "i", "ι").Replace(english), ReasonScripts},
		"symbols":                {strings.Repeat(`!"#$ %&'( )*+,- ./:; <=>?@ `, 10), ReasonSymbols},
		"codes of letters":       {moved(english, 3), ReasonWords},
		"codes of letters too":   {moved(english, 9), ReasonWords},
		"single letters":         {strings.Join(strings.Split(strings.Join(words, ""), ""), " "), ReasonWords},
		"without spaces":         {strings.Map(func(r rune) rune { return map[bool]rune{true: -1, false: r}[strings.ContainsRune(" ,.;\n", r)] }, english), ReasonWords},
	} {
		if got := Judge(charsOf(c.text), nil); got.Verdict != Garbage || got.Reason != c.want {
			t.Errorf("%s: %+v, want %s", name, got, c.want)
		}
	}
	unmapped := charsOf(english)
	for i := range unmapped {
		unmapped[i].Unmapped = i%4 == 0
	}
	if got := Judge(unmapped, nil); got.Verdict != Garbage || got.Reason != ReasonCharacters || got.Sound > 0.85 {
		t.Errorf("a quarter is not mapped: %+v", got)
	}
	for _, text := range []string{"", " \r\n\t", "\ufffe"} {
		if got := Judge(charsOf(text), nil); got != (Judgement{Verdict: None, Sound: 1}) {
			t.Errorf("%q: %+v", text, got)
		}
	}
}

func TestWhatIsSeenCounts(t *testing.T) {
	for seen, want := range map[Seen]Judgement{
		{Inked: 1, Covered: 0.9}:     {Good, "", 1},
		{Inked: 0.6, Covered: 0.5}:   {Good, "", 1},
		{Inked: 0.3, Covered: 0.9}:   {Garbage, ReasonPlace, 1},
		{Inked: 0, Covered: 0}:       {Garbage, ReasonPlace, 1},
		{Inked: 0.95, Covered: 0.02}: {Garbage, ReasonPicture, 1},
	} {
		if got := Judge(charsOf(english), &seen); got != want {
			t.Errorf("%+v: %+v", seen, got)
		}
	}
}

// Whatever characters a page draws, there is a judgement that fits itself, and a page whose
// words are where its characters are.
func TestAnyCharactersAreJudged(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		chars := rapid.SliceOf(anyChar()).Draw(t, "chars")
		got := Judge(chars, nil)
		if got.Sound < 0 || got.Sound > 1 || (got.Verdict == Garbage) != (got.Reason != "") {
			t.Fatalf("%+v", got)
		}
		page := Arrange(chars, 2)
		said := strings.Map(func(r rune) rune {
			if IsSpace(r) || r < ' ' || r >= 0x7f && r < 0xa0 || r == '\ufffd' {
				return -1
			}
			return r
		}, Text(chars))
		for _, word := range page.Words() {
			if word.Text == "" || word.Confidence != 1 || word.Box[0] > word.Box[2] || word.Box[1] > word.Box[3] {
				t.Fatalf("%+v", word)
			}
			for _, r := range strings.TrimSuffix(word.Text, "-") {
				if !strings.ContainsRune(said, r) {
					t.Fatalf("%q is in no text", r)
				}
			}
		}
		for _, block := range page.Blocks {
			if len(block.Paragraphs) == 0 || len(block.Paragraphs[0].Lines) == 0 || len(block.Paragraphs[0].Lines[0].Words) == 0 {
				t.Fatalf("%+v is empty", block)
			}
		}
	})
}

func anyChar() *rapid.Generator[Char] {
	return rapid.Custom(func(t *rapid.T) Char {
		c := Char{Rune: rapid.OneOf(rapid.RuneFrom([]rune("ab \r\n\ufffe\ufffd한é\x03\ue000-")), rapid.Rune()).Draw(t, "rune")}
		if rapid.Bool().Draw(t, "placed") {
			x, y := rapid.Float64Range(0, 100).Draw(t, "x"), rapid.Float64Range(0, 100).Draw(t, "y")
			c.Box = [4]float64{x, y, x + 5, y + 9}
		}
		if rapid.Bool().Draw(t, "styled") {
			c.Style = &Style{Size: rapid.Float64Range(0, 40).Draw(t, "size"), Baseline: rapid.Float64Range(0, 100).Draw(t, "baseline")}
		}
		c.Unmapped = rapid.Bool().Draw(t, "unmapped")
		return c
	})
}

// Letters that stand for others are seen for what they are, however far they are moved.
func TestMovedLettersAreSeen(t *testing.T) {
	for by := rune(1); by < 26; by++ {
		if got := Judge(charsOf(moved(english, by)), nil); got.Reason != ReasonWords {
			t.Errorf("moved by %d, %q is %+v", by, moved(english[:20], by), got)
		}
	}
}
