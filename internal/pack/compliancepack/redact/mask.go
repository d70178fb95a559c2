package redact

// Mask is what stands for a value of a kind: in the form that such values have, always the same,
// so that it tells neither a character of the value nor its length. No recogniser takes a mask
// for a value. Kinds that are not known, those of secrets among them, have a mask of eight
// letters.
func Mask(kind string) string {
	switch kind {
	case "email":
		return "xxxx@xxxx.xx" // .xx is a top-level domain that is never given
	case "phone":
		return "+XX XXX XXX XXXX"
	case "credit_card":
		return "XXXX XXXX XXXX XXXX"
	case "iban":
		return "XXXX XXXX XXXX XXXX XXXX"
	case "us_ssn", "us_itin":
		return "XXX-XX-XXXX"
	case "kr_rrn", "kr_frn":
		return "XXXXXX-XXXXXXX"
	case "kr_brn":
		return "XXX-XX-XXXXX"
	case "kr_driver_license":
		return "XX-XX-XXXXXX-XX"
	case "kr_passport", "us_passport", "uk_nino", "es_nif":
		return "XXXXXXXXX"
	case "uk_nhs":
		return "XXX XXX XXXX"
	case "in_aadhaar":
		return "XXXX XXXX XXXX"
	case "aba_routing":
		return "XXXX-XXXX-X"
	case "it_fiscal_code":
		return "XXXXXXXXXXXXXXXX"
	case "pl_pesel", "de_tax_id":
		return "XXXXXXXXXXX"
	case "au_abn":
		return "XX XXX XXX XXX"
	case "ca_sin":
		return "XXX XXX XXX"
	case "fi_personal_identity_code":
		return "XXXXXX-XXXX"
	case "date_of_birth":
		return "XXXX-XX-XX"
	case "ip":
		return "X.X.X.X"
	case "mac":
		return "XX:XX:XX:XX:XX:XX"
	}
	return "XXXXXXXX"
}
