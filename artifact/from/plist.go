package from

import (
	"context"
	"fmt"
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
			if err := damagedKeys(root); err != nil && !yield(record.Record{}, err) {
				return
			}
			read(in, root, yield)
		}
	}
}

// damagedKeys reports keys of the root that cannot be read: what looks for one
// of them would take it as absent.
func damagedKeys(root plist.Value) error {
	n := 0
	for key := range root.Entries() {
		if key.Kind() == plist.Invalid {
			n++
		}
	}
	if n == 0 {
		return nil
	}
	return fmt.Errorf("read property list: %d of %d keys of the root are damaged", n, root.Len())
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
