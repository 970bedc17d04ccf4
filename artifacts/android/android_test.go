package android

import (
	"testing"

	"github.com/vigie-project/vigie/artifact/artifacttest"
)

func TestParsers(t *testing.T) { artifacttest.Run(t, Parsers, "testdata") }

// FuzzParsers feeds arbitrary bytes to the parser with the given ID.
func FuzzParsers(f *testing.F) { artifacttest.Fuzz(f, Parsers, "testdata") }
