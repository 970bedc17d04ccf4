package ios

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"iter"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// StagedFiles reads the files in folders where implants were found.
var StagedFiles = artifact.Parser{
	ID:    "ios.stagedfiles",
	Title: lang.Text{EN: "Files in staging folders", FR: "Fichiers des dossiers de dépôt"},
	Doc: `Implants for iPhones put their programs and what they collect into few folders: the
staging folder of com.apple.xpc.roleaccountd, folders for temporary files, caches of root
and the logs of keybagd. Each file there is described by its first bytes and its digest,
which published indicators name. Updates of the system put a service of their own into
the staging folder, UpdateBrainService in a folder of its own, and temporary files are
usual; another program for iOS (Mach-O) is not. Most implants live in memory and remove
their files, so emptiness is usual too.`,
	Inputs: []artifact.Pattern{
		{Kinds: evidence.IOSFilesystem, Glob: "private/var/db/com.apple.xpc.roleaccountd.staging/**/*"},
		{Kinds: evidence.IOSFilesystem, Glob: "private/var/tmp/**/*"},
		{Kinds: evidence.IOSFilesystem, Glob: "private/var/mobile/tmp/**/*"},
		{Kinds: evidence.IOSFilesystem, Glob: "private/var/root/Library/Caches/*"},
		{Kinds: evidence.IOSFilesystem, Glob: "private/var/logs/keybagd/**/*"},
		{Kinds: evidence.IOSFilesystem, Glob: "private/tmp/**/*"},
	},
	Record: stagedFilesFile{},
	Refs: []string{
		"https://docs.mvt.re/en/latest/ios/records/#filesystemjson",
		"https://www.amnesty.org/en/latest/research/2021/07/forensic-methodology-report-how-to-catch-nso-groups-pegasus/",
	},
	Parse: stagedFilesParse,
}

// stagedFilesFile is one file.
type stagedFilesFile struct {
	Path record.Path `json:"path"`           // on the device
	Kind string      `json:"kind"`           // what the first bytes are those of: Mach-O program, script, SQLite database… or "other"
	Size int64       `json:"size"`           // bytes
	Hash record.Hash `json:"hash,omitempty"` // SHA-256 of the content; not of an empty file, nor of one of 1 GiB and more
}

// String implements [record.Data].
func (f stagedFilesFile) String() string {
	return record.Line(fmt.Sprintf("File in a staging folder: %s (%s, %d bytes)", f.Path, f.Kind, f.Size))
}

// stagedFilesMax is the size in bytes from which a file is not hashed.
const stagedFilesMax = 1 << 30

func stagedFilesParse(ctx context.Context, in *artifact.Input) iter.Seq2[record.Record, error] {
	return func(yield func(record.Record, error) bool) {
		if ctx.Err() != nil {
			return
		}
		head := make([]byte, 16)
		n, err := in.File.ReadAt(head, 0)
		if err != nil && !errors.Is(err, io.EOF) {
			yield(record.Record{}, fmt.Errorf("read header: %w", err))
			return
		}
		f := stagedFilesFile{Path: record.Path(in.Path), Kind: stagedFilesKind(head[:n]), Size: in.Size}
		if in.Size > 0 && in.Size < stagedFilesMax {
			h := sha256.New()
			if _, err = io.Copy(h, io.NewSectionReader(in.File, 0, in.Size)); err == nil {
				f.Hash = record.Hash(hex.EncodeToString(h.Sum(nil)))
			}
		} else {
			err = nil
		}
		if !yield(in.Record(record.Origin{Row: 1}, f), nil) || err == nil {
			return
		}
		yield(record.Record{}, fmt.Errorf("read content: %w", err))
	}
}

// stagedFilesKind names what a file begins as.
func stagedFilesKind(head []byte) string {
	begins := func(magic string) bool { return len(head) >= len(magic) && string(head[:len(magic)]) == magic }
	switch {
	case len(head) == 0:
		return "empty"
	case begins("SQLite format 3\x00"):
		return "SQLite database"
	case begins("bplist0"), begins("<?xml"):
		return "property list"
	case begins("#!"):
		return "script"
	case begins("PK\x03\x04"):
		return "zip archive"
	case begins("\x1f\x8b"):
		return "gzip archive"
	case len(head) < 4:
		return "other"
	}
	switch binary.BigEndian.Uint32(head) {
	case 0xfeedface, 0xfeedfacf, 0xcefaedfe, 0xcffaedfe:
		return "Mach-O program"
	case 0xcafebabe, 0xcafebabf: // Java classes begin so too, with a version above 40
		if len(head) >= 8 && binary.BigEndian.Uint32(head[4:]) < 40 {
			return "Mach-O program"
		}
	}
	return "other"
}
