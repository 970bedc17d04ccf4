// Package linestest gives texts to decoders of lines in tests.
package linestest

import (
	"iter"
	"strings"

	"github.com/vigie-project/vigie/format/lines"
)

// Split yields the lines of a text. It ends at an error of [lines.Reader.All].
func Split(text string) iter.Seq[lines.Line] {
	return func(yield func(lines.Line) bool) {
		for l, err := range lines.NewReader(strings.NewReader(text)).All() {
			if err != nil || !yield(l) {
				return
			}
		}
	}
}

// Decode returns all values that a decoder makes of a text, and the texts of its
// errors.
func Decode[T any](decoder func(iter.Seq[lines.Line]) iter.Seq2[T, error], text string) (list []T, errs []string) {
	for v, err := range decoder(Split(text)) {
		if err != nil {
			errs = append(errs, err.Error())
			continue
		}
		list = append(list, v)
	}
	return list, errs
}
