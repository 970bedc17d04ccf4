package from

import (
	"archive/tar"
	"errors"
	"fmt"
	"io"
	"iter"

	"github.com/vigie-project/vigie/artifact"
)

// maxPackedTexts bounds the members that [PackedTexts] yields.
const maxPackedTexts = 10_000

// PackedTexts returns the texts in an input: itself; its content, if that is compressed
// with gzip (see [Gunzip]); or each file of the tar archive that the content is. They come
// with the name of the file in the archive, "" if there is none. Offsets of records are
// those in the text. What cannot be read is an error, with a nil input, between the rest.
func PackedTexts(in *artifact.Input) iter.Seq2[PackedText, error] {
	return func(yield func(PackedText, error) bool) {
		content, err := Gunzip(in)
		if err != nil && (!yield(PackedText{}, err) || content == in) {
			return
		}
		if content == in || !holdsTar(content) {
			yield(PackedText{Input: content}, nil)
			return
		}
		r := tar.NewReader(io.NewSectionReader(content.File, 0, content.Size))
		for n := 0; ; n++ {
			h, err := r.Next()
			if errors.Is(err, io.EOF) {
				return
			}
			if err == nil && n == maxPackedTexts {
				err = fmt.Errorf("more than %d members", n)
			}
			if err != nil {
				yield(PackedText{}, fmt.Errorf("read tar: %w", err))
				return
			}
			if h.Typeflag != tar.TypeReg {
				continue
			}
			text, err := readBlocks(r, content.Size)
			if err != nil && !yield(PackedText{}, fmt.Errorf("read tar member %q: %w", h.Name, err)) {
				return
			}
			member := *in
			member.File, member.Size = memory{in.File, io.NewSectionReader(text, 0, text.size)}, text.size
			if !yield(PackedText{Name: h.Name, Input: &member}, nil) {
				return
			}
		}
	}
}

// A PackedText is a text of [PackedTexts].
type PackedText struct {
	Name  string // in the archive, as it is stored there
	Input *artifact.Input
}

// holdsTar reports whether a content begins with the header of a tar archive.
func holdsTar(in *artifact.Input) bool {
	const magic = 257
	head := make([]byte, 5)
	n, _ := in.File.ReadAt(head, magic)
	return string(head[:n]) == "ustar"
}
