package from

import (
	"context"
	"errors"
	"io"
	"iter"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/format/smsbackup"
	"github.com/vigie-project/vigie/record"
)

// Messages parses a file of messages of an Android backup: one record for each
// message.
func Messages[D record.Data](row func(*smsbackup.Message) D) Parse {
	return func(_ context.Context, in *artifact.Input) iter.Seq2[record.Record, error] {
		return func(yield func(record.Record, error) bool) {
			stop := errors.New("stop")
			err := smsbackup.Read(io.NewSectionReader(in.File, 0, in.Size), func(m *smsbackup.Message, err error) error {
				rec := record.Record{}
				if err == nil {
					rec = in.Record(record.Origin{Row: int64(m.Number)}, row(m))
				}
				if !yield(rec, err) {
					return stop
				}
				return nil
			})
			if err != nil && err != stop {
				yield(record.Record{}, err)
			}
		}
	}
}
