// Package artifacts lists the artifacts of all platforms.
package artifacts

import (
	"slices"
	"strings"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifacts/android"
	"github.com/vigie-project/vigie/artifacts/ios"
)

// Parsers lists the parsers of all platforms in the order of their IDs.
var Parsers = sorted(slices.Concat(ios.Parsers, android.Parsers))

func sorted(list []*artifact.Parser) []*artifact.Parser {
	slices.SortFunc(list, func(a, b *artifact.Parser) int { return strings.Compare(a.ID, b.ID) })
	return list
}
