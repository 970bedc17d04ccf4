package ios

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// Mounts reads the volumes that are mounted in a sysdiagnose.
var Mounts = artifact.Parser{
	ID:    "ios.mounts",
	Title: lang.Text{EN: "Mounted volumes", FR: "Volumes montés"},
	Doc: `mount.txt and disks.txt of a sysdiagnose list the volumes with the folder where each is
mounted, its options and how full it is. The volume of the system, at "/", is sealed or
read-only; one that can be written to means that the protection of the system was
removed. Volumes at other places than usual, such as /private/var/jb, belong to
jailbreaks; developer images are mounted under /System/Developer or /Developer.`,
	Inputs: []artifact.Pattern{
		{Kinds: evidence.IOSSysdiagnose, Glob: "sysdiagnose/mount.txt"},
		{Kinds: evidence.IOSSysdiagnose, Glob: "sysdiagnose/disks.txt"},
	},
	Record: mountsVolume{},
	Refs:   []string{"https://keith.github.io/xcode-man-pages/mount.8.html", "https://support.apple.com/guide/security/signed-system-volume-security-secd698747c9/web"},
	Parse:  mountsParse,
}

// mountsVolume is one volume.
type mountsVolume struct {
	Seen record.Time `json:"seen"` // start of the capture, some minutes before or after

	List     string      `json:"list"`               // mount or disks
	Device   record.Path `json:"device,omitempty"`   // before " on ", Filesystem
	Path     record.Path `json:"path,omitempty"`     // after " on ", Mounted on
	Snapshot string      `json:"snapshot,omitempty"` // before "@" of the device: snapshot that is mounted
	Type     string      `json:"type,omitempty"`     // first word in parentheses
	Options  []string    `json:"options,omitempty"`  // the other words
	Writable *bool       `json:"writable,omitempty"` // of mount: neither "read-only" nor "sealed" is an option
	Size     string      `json:"size,omitempty"`     // Size, as printed
	Used     string      `json:"used,omitempty"`     // Used, as printed
	Text     record.Text `json:"text"`               // the line
}

// String implements [record.Data].
func (v mountsVolume) String() string { return record.Line("Volume " + string(v.Text)) }

// Lines of mount and df: devices and folders can have blanks.
var (
	mountsMount = regexp.MustCompile(`^(.+?) on (/.*) \(([^()]*)\)$`)
	mountsDisk  = regexp.MustCompile(`^(.+?)\s+(\S+)\s+(\S+)\s+(\S+)\s+([0-9.,]+%|-)\s+(?:\S+\s+\S+\s+(?:[0-9.,]+%|-)\s+)?(/.*)$`)
)

func mountsParse(_ context.Context, in *artifact.Input) iter.Seq2[record.Record, error] {
	var seen record.Time
	if captured, known := in.Source.Device.Capture(); known {
		seen = record.Time{Time: captured.UTC(), Rule: record.AsText, Zone: record.RecordedOffset}
	}
	list := strings.TrimSuffix(path.Base(in.Path), ".txt")
	return func(yield func(record.Record, error) bool) {
		blank := true
		for l, err := range from.Lines(in.File) {
			if err != nil {
				yield(record.Record{}, fmt.Errorf("read volumes: %w", err))
				return
			}
			line := strings.TrimSpace(l.String())
			if line == "" || strings.HasPrefix(line, "Filesystem ") {
				blank = blank && line == ""
				continue
			}
			blank = false
			v, ok := mountsRow(list, line)
			if !ok {
				if !yield(record.Record{}, fmt.Errorf("read volumes, line %d: unknown form: %q", l.Number, record.Line(line))) {
					return
				}
				continue
			}
			v.Seen = seen
			if !yield(in.Record(from.AtLine(l), v), nil) {
				return
			}
		}
		if blank {
			yield(record.Record{}, errors.New("read volumes: the file is empty"))
		}
	}
}

func mountsRow(list, line string) (v mountsVolume, ok bool) {
	v = mountsVolume{List: list, Text: record.Text(line)}
	if list == "disks" {
		m := mountsDisk.FindStringSubmatch(line)
		if m == nil {
			return v, false
		}
		v.device(m[1])
		v.Size, v.Used, v.Path = m[2], m[3], record.Path(m[6])
		return v, true
	}
	m := mountsMount.FindStringSubmatch(line)
	if m == nil {
		return v, false
	}
	v.device(m[1])
	v.Path = record.Path(m[2])
	words := strings.Split(m[3], ", ")
	v.Type, v.Options = words[0], words[1:]
	writable := !slices.Contains(words, "read-only") && !slices.Contains(words, "sealed")
	v.Writable = &writable
	return v, true
}

// device sets the device, and the snapshot before "@".
func (v *mountsVolume) device(s string) {
	if snapshot, device, ok := strings.Cut(s, "@"); ok {
		v.Snapshot, s = snapshot, device
	}
	v.Device = record.Path(s)
}
