package report

import (
	"strings"
	"testing"

	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/lang"
)

func TestTexts(t *testing.T) {
	t.Parallel()
	if err := texts.Check(); err != nil {
		t.Error(err)
	}
}

// TestEveryNoteAndKindHasAText checks what is looked up by code.
func TestEveryNoteAndKindHasAText(t *testing.T) {
	t.Parallel()
	var ids []string
	for _, code := range evidence.NoteCodes {
		ids = append(ids, "note-"+code)
	}
	for k := evidence.Kind(1); k.String() != ""; k <<= 1 {
		ids = append(ids, "kind-"+k.String())
	}
	for _, id := range ids {
		for _, code := range lang.Languages {
			if text := texts.Text(id, nil).In(code); strings.HasPrefix(text, "⟨") {
				t.Errorf("%s has no text in %q", id, code)
			}
		}
	}
}
