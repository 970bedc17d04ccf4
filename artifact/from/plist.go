package from

import (
	"context"
	"iter"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/format/keyedarchive"
	"github.com/vigie-project/vigie/format/plist"
	"github.com/vigie-project/vigie/record"
)

// Plist parses a property list, binary or XML. read gets its root, and yields
// records; it makes their origin with [At].
func Plist(read func(in *artifact.Input, root plist.Value, yield func(record.Record, error) bool)) Parse {
	return func(_ context.Context, in *artifact.Input) iter.Seq2[record.Record, error] {
		return func(yield func(record.Record, error) bool) {
			root, err := plist.Read(in.File, in.Size)
			if err != nil && !yield(record.Record{}, err) || root.Kind() == plist.Invalid {
				return // a list that breaks off is read as far as it goes
			}
			read(in, root, yield)
		}
	}
}

// Archive parses an NSKeyedArchiver archive. read gets its root object.
func Archive(read func(in *artifact.Input, root keyedarchive.Object, yield func(record.Record, error) bool)) Parse {
	return Plist(func(in *artifact.Input, root plist.Value, yield func(record.Record, error) bool) {
		a, err := keyedarchive.Open(root)
		if err != nil {
			yield(record.Record{}, err)
			return
		}
		read(in, a.Root(), yield)
	})
}

// At returns the origin of the value v of a property list: key says where it
// is, such as "ProfileEvents[3]", row is its index from 1 or 0.
func At(key string, row int, v plist.Value) record.Origin {
	return record.Origin{Table: key, Row: int64(row), Offset: v.Offset()}
}
