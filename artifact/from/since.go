package from

import (
	"context"
	"errors"
	"iter"
	"strconv"
	"strings"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/format/dumpsys"
	"github.com/vigie-project/vigie/record"
)

// errUnprinted is that a service printed nothing.
var errUnprinted = errors.New("read lines: the text is empty")

// Since is a parse of what Android prints since a version, such as "5.0": if a phone
// is known to have an older one, that its text is empty or has no such part is a note
// and no error.
func Since(version string, parse Parse) Parse {
	return func(ctx context.Context, in *artifact.Input) iter.Seq2[record.Record, error] {
		return func(yield func(record.Record, error) bool) {
			older := in.Source != nil && olderVersion(in.Source.Device.Version, version)
			for rec, err := range parse(ctx, in) {
				var form *dumpsys.FormError
				if older && (errors.Is(err, errUnprinted) || errors.As(err, &form) && form.Absent()) {
					in.Note(evidence.PartAbsent(in.Path, "Android prints that since "+version+", and the phone has "+in.Source.Device.Version))
					continue
				}
				if !yield(rec, err) {
					return
				}
			}
		}
	}
}

// olderVersion reports whether a version, such as "2.3.5", is known and is before
// another.
func olderVersion(version, other string) bool {
	others := strings.Split(other, ".")
	for i, part := range strings.Split(version, ".") {
		n, err := strconv.Atoi(part)
		if err != nil || i == len(others) {
			return false
		}
		if m, err := strconv.Atoi(others[i]); err != nil || n != m {
			return err == nil && n < m
		}
	}
	return false
}
