package report

import "testing"

func TestTexts(t *testing.T) {
	t.Parallel()
	if err := texts.Check(); err != nil {
		t.Error(err)
	}
}
