// Package jetsampriority reads jetsam_priority.csv of a sysdiagnose: the processes by
// the order in which the system would end them. Its first line names the columns,
// which differ between versions; name, pid, priority_name, footprint and
// footprint_peak were observed.
package jetsampriority

import (
	"encoding/csv"
	"errors"
	"fmt"
	"iter"
	"strings"

	"github.com/vigie-project/vigie/format/lines"
)

// A Row is one process.
type Row struct {
	Line    int // from 1
	Offset  int64
	Columns []Column
}

// A Column is one value of a row.
type Column struct{ Name, Text string }

var errLong = errors.New("more values than columns")

// Decode yields the rows in their order. A row that cannot be read is an error, after
// which reading goes on. A value cannot have several lines.
func Decode(text iter.Seq[lines.Line]) iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		var names []string
		for l := range text {
			line := strings.TrimSpace(l.String())
			if line == "" {
				continue
			}
			in := csv.NewReader(strings.NewReader(line))
			in.LazyQuotes, in.TrimLeadingSpace = true, true
			values, err := in.Read()
			if err == nil && names == nil {
				names = values
				continue
			}
			if err == nil && len(values) > len(names) {
				err = errLong
			}
			if err != nil {
				if !yield(Row{}, fmt.Errorf("read line %d: %w", l.Number, err)) {
					return
				}
				continue
			}
			r := Row{Line: l.Number, Offset: l.Offset}
			for i, v := range values {
				r.Columns = append(r.Columns, Column{names[i], v})
			}
			if !yield(r, nil) {
				return
			}
		}
	}
}
