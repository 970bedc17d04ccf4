package ios

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"iter"
	"path"
	"strings"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/format/plist"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// Computers reads the computers that the phone was synced with.
var Computers = artifact.Parser{
	ID:    "ios.computers",
	Title: lang.Text{EN: "Computers synced with", FR: "Ordinateurs synchronisés"},
	Doc: `iTunes and the Finder leave the names of the user and of the computer on the phone they
sync or back up, in the file iTunesPrefs, of which a backup has a copy in its Info.plist.
A computer that the owner does not know may have copied the phone. The same may be named
several times, and times are not kept. The format is not documented; what is read was
observed, by others from iOS 12 to 18. Phones that were never connected, and those that
were only connected to other programs, do not have the file.`,
	Inputs: []artifact.Pattern{
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/mobile/Media/iTunes_Control/iTunes/iTunesPrefs"},
		{Kinds: evidence.IOSBackup, Glob: "backup/Info.plist"},
	},
	Record: computersComputer{},
	Refs: []string{
		"https://farleyforensics.com/2019/04/14/forensic-analysis-of-itunes-backups/",
		"https://github.com/abrignoni/iLEAPP/blob/main/scripts/artifacts/connectedDevices.py",
	},
	Parse: computersParse,
}

// computersComputer is one computer.
type computersComputer struct {
	User     record.Text `json:"user"`     // of the account on the computer
	Computer record.Text `json:"computer"` // name of the computer
}

// String implements [record.Data].
func (c computersComputer) String() string {
	return record.Line(fmt.Sprintf("synced with computer %s of %s", c.Computer, c.User))
}

// The layout of iTunesPrefs: it begins with a magic; the names begin a number of
// bytes after a marker, in entries of one size, user first.
const (
	computersMagic  = "frpd"
	computersMarker = "\x01\x01\x80\x00\x00"
	computersNames  = 92  // bytes from the marker
	computersEntry  = 192 // bytes
	computersUser   = 64  // bytes for the name of the user
	computersSize   = 1 << 20
)

func computersParse(_ context.Context, in *artifact.Input) iter.Seq2[record.Record, error] {
	return func(yield func(record.Record, error) bool) {
		if path.Base(in.Path) == "Info.plist" {
			root, err := plist.Read(in.File, in.Size)
			if err != nil {
				yield(record.Record{}, err)
				return
			}
			if prefs := root.Get("iTunes Files").Get("iTunesPrefs"); prefs.Kind() == plist.Data {
				computersRead(in, prefs.Data(), from.At("iTunes Files/iTunesPrefs", 0, prefs), yield)
			}
			return
		}
		b, err := io.ReadAll(io.NewSectionReader(in.File, 0, computersSize))
		if err != nil && !yield(record.Record{}, err) {
			return
		}
		computersRead(in, b, record.Origin{}, yield)
	}
}

// computersRead yields the computers in the bytes of iTunesPrefs, which lie at an
// origin in a list, or are the file.
func computersRead(in *artifact.Input, b []byte, at record.Origin, yield func(record.Record, error) bool) {
	if !bytes.HasPrefix(b, []byte(computersMagic)) {
		yield(record.Record{}, fmt.Errorf("read iTunesPrefs: it does not begin with %q", computersMagic))
		return
	}
	marker := bytes.Index(b, []byte(computersMarker))
	if marker < 0 {
		return // no computer
	}
	row := 0
	for i := marker + computersNames; i < len(b); i += computersEntry {
		e := b[i:min(i+computersEntry, len(b))]
		c := computersComputer{User: computersName(e[:min(computersUser, len(e))]), Computer: computersName(e[min(computersUser, len(e)):])}
		if c.User == "" && c.Computer == "" {
			continue
		}
		row++
		o := at
		if o.Row = int64(row); o.Table == "" {
			o.Offset = int64(i)
		}
		if !yield(in.Record(o, c), nil) {
			return
		}
	}
}

// computersName returns a text that ends with a zero.
func computersName(b []byte) record.Text {
	text, _, _ := bytes.Cut(b, []byte{0})
	return record.Text(strings.ToValidUTF8(string(text), "\ufffd"))
}
