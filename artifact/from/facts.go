package from

import (
	"iter"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/record"
)

// Facts yields what an input says that is JSON, of any form: facts gives the data of
// the values of one of its elements, and key the path of each, which becomes the table
// of its origin; the row is its number in the element. What [JSON.Leaves] leaves out
// is an error after the records of the element.
func Facts[D record.Data](in *artifact.Input, facts func(leaves []record.KV) []D, key func(D) string) iter.Seq2[record.Record, error] {
	return func(yield func(record.Record, error) bool) {
		for e, err := range Elements(in.File) {
			if err != nil {
				if !yield(record.Record{}, err) {
					return
				}
				continue
			}
			leaves, more := e.Leaves()
			for i, f := range facts(leaves) {
				if !yield(in.Record(record.Origin{Table: key(f), Row: int64(i + 1), Offset: e.Offset}, f), nil) {
					return
				}
			}
			if more != nil && !yield(record.Record{}, more) {
				return
			}
		}
	}
}
