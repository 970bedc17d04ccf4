package from_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/record"
)

func TestWords(t *testing.T) {
	t.Parallel()
	apps, paths := from.Words(`Made container live for com.example.a.b at "/private/var/x y", 1.2.3 .. com..x (com.example.a.b) /x http://a.example.com`)
	if d := cmp.Diff([]record.App{"com.example.a.b"}, apps); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]record.Path{"/private/var/x"}, paths); d != "" {
		t.Error(d)
	}
}
