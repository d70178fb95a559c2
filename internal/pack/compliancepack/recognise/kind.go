package recognise

import (
	"slices"
	"strings"
)

// Kind describes a recogniser.
type Kind struct {
	ID    string
	Title string
	// Bare is the confidence in a value that stands there in one piece, Grouped in one that is
	// written in its usual groups, Named in one that a word of Words stands before. Values
	// whose check digits do not fit but need not are believed less, by [doubt].
	Bare, Grouped, Named float64
	// Words are in lower case; one of them in the [before] bytes before a value names it.
	Words []string
	// Source says where the form is from.
	Source string
}

// doubt is by how much a value is believed less whose check digit or surroundings speak
// against it.
const doubt = 0.7

// before is how many bytes before a value are searched for words that name it.
const before = 64

// The places of kinds in the table.
const (
	email = iota
	phone
	creditCard
	iban
	usSSN
	usITIN
	usPassport
	abaRouting
	krRRN
	krFRN
	krBRN
	krPassport
	krDriver
	ukNINO
	ukNHS
	inAadhaar
	esNIF
	itFiscal
	plPESEL
	auABN
	caSIN
	deTaxID
	fiCode
	passportMRZ
	dateOfBirth
	ip
	mac
	crypto
	kindCount
)

// kindTable is in the order of the constants.
func kindTable() [kindCount]Kind {
	return [kindCount]Kind{
		email:       {ID: "email", Title: "E-mail address", Bare: 0.95, Grouped: 0.95, Named: 0.98, Words: []string{"email", "e-mail", "mail", "contact", "이메일"}, Source: "RFC 5321, sections 4.1.2 and 4.5.3; top-level domains of the Public Suffix List"},
		phone:       {ID: "phone", Title: "Telephone number", Bare: 0.3, Grouped: 0.65, Named: 0.9, Words: phoneWords(), Source: "ITU-T E.164; national plans as in libphonenumber"},
		creditCard:  {ID: "credit_card", Title: "Payment card number", Bare: 0.7, Grouped: 0.9, Named: 0.95, Words: []string{"card", "credit", "debit", "visa", "mastercard", "amex", "pan", "카드"}, Source: "ISO/IEC 7812-1, annex B, and the issuers' published ranges"},
		iban:        {ID: "iban", Title: "International bank account number", Bare: 0.95, Grouped: 0.95, Named: 0.98, Words: []string{"iban", "account", "bank", "konto"}, Source: "ISO 13616-1 and the IBAN registry; ISO/IEC 7064 MOD 97-10"},
		usSSN:       {ID: "us_ssn", Title: "United States social security number", Bare: 0.1, Grouped: 0.6, Named: 0.9, Words: []string{"ssn", "social security", "social", "ssid"}, Source: "Social Security Administration, randomisation rules of 2011"},
		usITIN:      {ID: "us_itin", Title: "United States individual taxpayer number", Bare: 0.2, Grouped: 0.6, Named: 0.9, Words: []string{"itin", "taxpayer", "tax id", "tax", "individual taxpayer"}, Source: "Internal Revenue Service, publication 1915"},
		usPassport:  {ID: "us_passport", Title: "United States passport number", Bare: 0.05, Grouped: 0.05, Named: 0.7, Words: []string{"passport", "travel document"}, Source: "Department of State: nine digits, or a letter and eight digits"},
		abaRouting:  {ID: "aba_routing", Title: "United States bank routing number", Bare: 0.1, Grouped: 0.3, Named: 0.9, Words: []string{"aba", "routing", "rtn", "bank"}, Source: "American Bankers Association, key to routing numbers"},
		krRRN:       {ID: "kr_rrn", Title: "Korean resident registration number", Bare: 0.6, Grouped: 0.85, Named: 0.95, Words: []string{"rrn", "resident registration", "주민등록번호", "주민번호", "주민"}, Source: "Resident Registration Act, enforcement rules; numbers since October 2020 have no check digit"},
		krFRN:       {ID: "kr_frn", Title: "Korean foreigner registration number", Bare: 0.6, Grouped: 0.85, Named: 0.95, Words: []string{"frn", "foreigner registration", "alien registration", "외국인등록번호", "외국인"}, Source: "Immigration Act, enforcement rules; numbers since October 2020 have no check digit"},
		krBRN:       {ID: "kr_brn", Title: "Korean business registration number", Bare: 0.3, Grouped: 0.65, Named: 0.9, Words: []string{"brn", "business registration", "사업자등록번호", "사업자번호", "사업자"}, Source: "National Tax Service: weights 1 3 7 1 3 7 1 3 5"},
		krPassport:  {ID: "kr_passport", Title: "Korean passport number", Bare: 0.3, Grouped: 0.6, Named: 0.9, Words: []string{"passport", "travel document", "여권", "여권번호"}, Source: "Ministry of Foreign Affairs: M, S, R, O or D; since 2021 a letter in the fifth place"},
		krDriver:    {ID: "kr_driver_license", Title: "Korean driving licence number", Bare: 0.15, Grouped: 0.6, Named: 0.9, Words: []string{"license", "licence", "driver", "driving", "면허", "운전면허", "면허번호"}, Source: "National Police Agency: region 11 to 26 or 28, year, serial, check"},
		ukNINO:      {ID: "uk_nino", Title: "United Kingdom national insurance number", Bare: 0.6, Grouped: 0.7, Named: 0.95, Words: []string{"nino", "national insurance", "insurance", "ni number"}, Source: "HM Revenue and Customs, manual NIM39110"},
		ukNHS:       {ID: "uk_nhs", Title: "United Kingdom NHS number", Bare: 0.3, Grouped: 0.6, Named: 0.95, Words: []string{"nhs", "national health", "patient"}, Source: "NHS data dictionary: modulus 11"},
		inAadhaar:   {ID: "in_aadhaar", Title: "Indian Aadhaar number", Bare: 0.3, Grouped: 0.6, Named: 0.95, Words: []string{"aadhaar", "aadhar", "uidai", "uid"}, Source: "UIDAI; Verhoeff's check digit"},
		esNIF:       {ID: "es_nif", Title: "Spanish tax number (NIF, NIE)", Bare: 0.6, Grouped: 0.65, Named: 0.95, Words: []string{"nif", "dni", "nie", "documento nacional"}, Source: "Real Decreto 1065/2007: modulus 23"},
		itFiscal:    {ID: "it_fiscal_code", Title: "Italian tax code", Bare: 0.9, Grouped: 0.9, Named: 0.97, Words: []string{"codice fiscale", "fiscal code", "cf"}, Source: "Decreto ministeriale 23 December 1976"},
		plPESEL:     {ID: "pl_pesel", Title: "Polish PESEL number", Bare: 0.4, Grouped: 0.4, Named: 0.95, Words: []string{"pesel"}, Source: "Ministry of Digital Affairs: weights 1 3 7 9"},
		auABN:       {ID: "au_abn", Title: "Australian business number", Bare: 0.3, Grouped: 0.7, Named: 0.95, Words: []string{"abn", "australian business number"}, Source: "Australian Business Register: modulus 89"},
		caSIN:       {ID: "ca_sin", Title: "Canadian social insurance number", Bare: 0.15, Grouped: 0.5, Named: 0.9, Words: []string{"sin", "social insurance", "nas"}, Source: "Service Canada: check digit by Luhn"},
		deTaxID:     {ID: "de_tax_id", Title: "German tax identification number", Bare: 0.3, Grouped: 0.4, Named: 0.95, Words: []string{"steuer-id", "steuerid", "steuer-idnr", "identifikationsnummer", "steueridentifikationsnummer", "idnr", "tin"}, Source: "Bundeszentralamt für Steuern; ISO/IEC 7064 MOD 11,10"},
		fiCode:      {ID: "fi_personal_identity_code", Title: "Finnish personal identity code", Bare: 0.9, Grouped: 0.9, Named: 0.97, Words: []string{"henkilötunnus", "hetu", "identity code", "personbeteckning"}, Source: "Digital and Population Data Services Agency: modulus 31"},
		passportMRZ: {ID: "passport_mrz", Title: "Machine-readable line of a passport", Bare: 0.97, Grouped: 0.97, Named: 0.98, Words: []string{"passport"}, Source: "ICAO Doc 9303, part 4"},
		dateOfBirth: {ID: "date_of_birth", Title: "Date of birth", Bare: 0, Grouped: 0, Named: 0.85, Words: birthWords(), Source: "dates behind a word for birth"},
		ip:          {ID: "ip", Title: "IP address", Bare: 0.6, Grouped: 0.8, Named: 0.9, Words: []string{"ip", "address", "addresses", "host", "client", "ips"}, Source: "RFC 791, RFC 4291, RFC 4632"},
		mac:         {ID: "mac", Title: "Hardware address", Bare: 0.6, Grouped: 0.8, Named: 0.95, Words: []string{"mac", "macs", "hardware", "physical", "ethernet"}, Source: "IEEE 802, EUI-48"},
		crypto:      {ID: "crypto", Title: "Bitcoin address", Bare: 0.95, Grouped: 0.95, Named: 0.98, Words: []string{"wallet", "bitcoin", "btc", "crypto"}, Source: "Base58Check; BIP 173 and BIP 350"},
	}
}

func phoneWords() []string {
	return []string{
		"phone", "telephone", "tel", "mobile", "cell", "call", "fax", "phone number", "whatsapp",
		"전화", "연락처", "휴대폰", "핸드폰", "telefon", "handy", "téléphone", "teléfono", "telefone",
	}
}

func birthWords() []string {
	return []string{
		"born", "born on", "date of birth", "birth date", "birthdate", "birthday", "dob", "d.o.b", "birth",
		"생년월일", "생일", "geboren", "geburtsdatum", "né le", "née le", "date de naissance",
		"fecha de nacimiento", "nacido", "nacida", "data di nascita", "nato il", "nata il",
	}
}

// Kinds describes all recognisers, by id.
func Kinds() []Kind {
	table := kindTable()
	kinds := table[:]
	slices.SortFunc(kinds, func(a, b Kind) int { return strings.Compare(a.ID, b.ID) })
	return kinds
}
