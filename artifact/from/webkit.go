package from

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/format/webkitcache"
)

// WebKitRecord decodes the input as a record of a cache of WebKit. On damage it
// returns what was read before, and an error.
func WebKitRecord(in *artifact.Input) (webkitcache.Record, error) {
	head, err := io.ReadAll(io.NewSectionReader(in.File, 0, webkitcache.MaxHead))
	if err != nil {
		return webkitcache.Record{}, fmt.Errorf("read record: %w", err)
	}
	return webkitcache.Decode(head)
}

// WebKitBody reads the body of a record of a cache of WebKit, and says where it
// is: "record" for behind the header, "blob" for in the file beside it, "missing"
// if that is not there. A body that is shorter than the record says is an error.
func WebKitBody(in *artifact.Input, rec webkitcache.Record) (b Body, place string, err error) {
	file, start, place := in.File, rec.BodyOffset, "record"
	if rec.BodySize == 0 {
		return Body{}, place, nil
	}
	if !rec.Inline {
		blob, err := in.Open(path.Base(in.Path) + "-blob")
		if errors.Is(err, fs.ErrNotExist) {
			return Body{}, "missing", nil
		}
		if err != nil {
			return Body{}, "missing", err
		}
		defer blob.Close()
		file, start, place = blob, 0, "blob"
	}
	b, err = ReadBody(io.NewSectionReader(file, start, int64(min(rec.BodySize, 1<<62))))
	if want := min(rec.BodySize, maxBody); err == nil && uint64(b.Size) != want {
		b.Hash = "" // of a part, which identifies nothing
		err = fmt.Errorf("read body: %d of %d bytes are there", b.Size, rec.BodySize)
	}
	return b, place, err
}
