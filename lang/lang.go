// Package lang holds texts for people in the languages of Vigie, French and
// English, side by side, so that nobody can write one and forget the other.
package lang

// Languages lists the codes of the languages, in the order of reports.
var Languages = []string{"fr", "en"}

// A Text is a text for people in every language of Vigie.
type Text struct {
	EN string `json:"en" yaml:"en"`
	FR string `json:"fr" yaml:"fr"`
}

// In returns the text in a language, "fr" or "en"; any other code gives English.
func (t Text) In(code string) string {
	if code == "fr" {
		return t.FR
	}
	return t.EN
}

// Complete reports whether the text is written in every language.
func (t Text) Complete() bool { return t.EN != "" && t.FR != "" }
