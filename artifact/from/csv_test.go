package from_test

import (
	"fmt"
	"testing"
	"testing/fstest"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/record"
)

type csvRow struct {
	Values []record.KV `json:"values"`
}

func (r csvRow) String() string { return fmt.Sprint(r.Values) }

func TestCSV(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, text string
		size       int64
		want       string
	}{
		{"rows", " a ,b\n\n1, \"x\" \n\"2\n\",3,4,5\n", 1 << 10, `[3@6 [{a 1} {b "x"}] 4@15 [{a 2} {b 3} {column 3 4}]]`},
		{"empty", "", 1 << 10, "[]"},
		{"cut", "a\n1\n2\n", 4, "[2@2 [{a 1}]]"},
		{"open quotes", "a\n1\n\"2\n", 1 << 10, "[2@2 [{a 1}] 3@4 [{a 2}]]"},
	} {
		src := &evidence.Source{FS: fstest.MapFS{"x": {Data: []byte(c.text)}}}
		f, err := src.Open("x")
		if err != nil {
			t.Fatal(err)
		}
		in := &artifact.Input{Source: src, Path: "x", File: f, Parser: &artifact.Parser{ID: "ios.test"}}
		got := []string{}
		for r, err := range from.CSV(in, "table", c.size, 3, func(values []record.KV) csvRow { return csvRow{values} }) {
			if err != nil {
				got = append(got, err.Error())
				continue
			}
			got = append(got, fmt.Sprintf("%d@%d %v", r.Origin.Row, r.Origin.Offset, r.Data))
		}
		if s := fmt.Sprint(got); s != c.want {
			t.Errorf("%s: got %s, want %s", c.name, s, c.want)
		}
	}
}
