package from

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/record"
)

// CSV yields a record for each row of a table of values between commas, of which the
// first row names the columns. row gets the values, without blanks around them, with
// the names of their columns; one beyond the named columns is of "column" and its
// number. No more than size bytes of the table are read, and columns values of each
// row. The offset of a record is the end of the row before, so empty lines between are
// behind it. What names the table in errors.
func CSV[D record.Data](in *artifact.Input, what string, size int64, columns int, row func(values []record.KV) D) iter.Seq2[record.Record, error] {
	return func(yield func(record.Record, error) bool) {
		r := csv.NewReader(io.NewSectionReader(in.File, 0, size))
		r.FieldsPerRecord, r.LazyQuotes, r.ReuseRecord = -1, true, true
		var names []string
		for {
			at := r.InputOffset()
			values, err := r.Read()
			if errors.Is(err, io.EOF) {
				return
			}
			if err != nil {
				var form *csv.ParseError
				if !yield(record.Record{}, fmt.Errorf("read %s: %w", what, err)) || !errors.As(err, &form) {
					return
				}
				continue
			}
			values = values[:min(len(values), columns)]
			line, _ := r.FieldPos(0)
			if names == nil {
				names = append([]string{}, values...)
				continue
			}
			if !yield(in.Record(record.Origin{Row: int64(line), Offset: at}, row(csvValues(names, values))), nil) {
				return
			}
		}
	}
}

// csvValues joins the values of a row with the names of their columns.
func csvValues(names, values []string) []record.KV {
	kvs := make([]record.KV, len(values))
	for i, value := range values {
		kvs[i] = record.KV{Key: fmt.Sprintf("column %d", i+1), Value: strings.TrimSpace(value)}
		if i < len(names) {
			kvs[i].Key = strings.TrimSpace(names[i])
		}
	}
	return kvs
}
