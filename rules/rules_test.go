package rules

import (
	"testing"

	"github.com/vigie-project/vigie/artifacts/ios"
	"github.com/vigie-project/vigie/detect/rule"
)

func TestRules(t *testing.T) {
	t.Parallel()
	if _, err := rule.Load(FS, ios.Parsers); err != nil {
		t.Fatal(err)
	}
}
