package lines

import (
	"strings"
	"unicode"
)

// Digits writes the decimal digits of all scripts as 0 to 9: programs of phones
// write dates and numbers with those of the language that is set.
func Digits(text string) string {
	return strings.Map(func(r rune) rune {
		if r <= unicode.MaxASCII || !unicode.Is(unicode.Nd, r) {
			return r
		}
		// The digits of a script are ten code points in a row.
		for zero := r; zero > r-10; zero-- {
			if !unicode.Is(unicode.Nd, zero-1) {
				return '0' + (r-zero)%10
			}
		}
		return r
	}, text)
}
