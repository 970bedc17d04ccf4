package android

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strconv"
	"strings"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// Mounts reads the file systems that were mounted.
var Mounts = artifact.Parser{
	ID:    "android.mounts",
	Title: lang.Text{EN: "Mounted file systems", FR: "Systèmes de fichiers montés"},
	Doc: `Which file systems are mounted where, and whether they can be written. AndroidQF keeps
the output of mount and then the lines of /proc/mounts, so that one mount is usually
there twice, in two forms; a bug report has the mounts of some processes
(/proc/<pid>/mountinfo). The partitions of the system are read-only on an unchanged
phone. What is mounted over paths of the system, from tmpfs or an overlay, is how root
without changes to the system is made. adb sees its own mounts, not those of every app.`,
	Inputs: []artifact.Pattern{
		{Kinds: evidence.AndroidQF, Glob: "androidqf/mounts.json"},
		{Kinds: evidence.AndroidBugreport, Glob: "proc/*/mountinfo"},
	},
	Record: mountsMount{},
	Refs:   []string{"https://man7.org/linux/man-pages/man5/proc_pid_mountinfo.5.html", "https://man7.org/linux/man-pages/man5/proc_pid_mounts.5.html"},
	Parse:  mountsParse,
}

// mountsMount is one file system in one place.
type mountsMount struct {
	Device       record.Path `json:"device"`                  // what is mounted: a path, or a word such as "tmpfs"
	MountPoint   record.Path `json:"mount_point"`             // where
	Type         string      `json:"type"`                    // type of the file system
	Options      []string    `json:"options,omitempty"`       // of the mount, as they are separated by commas
	SuperOptions []string    `json:"super_options,omitempty"` // of the file system, of mountinfo only
	Writable     bool        `json:"writable"`                // "rw" is among the options, of both kinds if there are two
	Root         record.Path `json:"root,omitempty"`          // folder of the file system that is mounted, of mountinfo only
	Form         string      `json:"form"`                    // "mount", "mounts" or "mountinfo": how the line is written
	Extra        []record.KV `json:"extra,omitempty"`         // of mountinfo: id, parent, number of the device, tags
}

// String implements [record.Data].
func (m mountsMount) String() string {
	access := "read-only"
	if m.Writable {
		access = "writable"
	}
	return record.Line(fmt.Sprintf("mount %s of %s (%s), %s", m.MountPoint, m.Device, m.Type, access))
}

func mountsParse(ctx context.Context, in *artifact.Input) iter.Seq2[record.Record, error] {
	if strings.HasSuffix(in.Path, "mountinfo") {
		return mountsInfo(ctx, in)
	}
	return func(yield func(record.Record, error) bool) {
		for e, err := range from.Elements(in.File) {
			var m mountsMount
			if err == nil {
				var ok bool
				if m, ok = mountsLine(e.Text()); !ok && strings.TrimSpace(e.Text()) == "" {
					continue
				} else if !ok {
					err = fmt.Errorf("read mount %d: unknown form: %q", e.Number, record.Line(e.Text()))
				}
			}
			if err != nil {
				if !yield(record.Record{}, err) {
					return
				}
				continue
			}
			if !yield(in.Record(record.Origin{Row: e.Number, Offset: e.Offset}, m), nil) {
				return
			}
		}
	}
}

// mountsLine reads a line of the program mount or of /proc/mounts.
func mountsLine(line string) (m mountsMount, ok bool) {
	line = strings.TrimSpace(line)
	// The device cannot hold " on ", the options no parenthesis.
	if device, rest, ok := strings.Cut(line, " on "); ok && strings.HasSuffix(rest, ")") {
		i := strings.LastIndex(rest, " type ")
		if kind, options, ok := strings.Cut(rest[max(i, 0):], " ("); i >= 0 && ok {
			m = mountsMount{Device: record.Path(device), MountPoint: record.Path(rest[:i]), Form: "mount"}
			m.Type = strings.TrimPrefix(kind, " type ")
			m.Options = mountsOptions(strings.TrimSuffix(options, ")"))
			m.Writable = slices.Contains(m.Options, "rw")
			return m, true
		}
	}
	f := strings.Fields(line)
	if len(f) < 4 || len(f) > 6 || !strings.HasPrefix(f[1], "/") {
		return m, false
	}
	m = mountsMount{Device: mountsPath(f[0]), MountPoint: mountsPath(f[1]), Type: f[2], Options: mountsOptions(f[3]), Form: "mounts"}
	m.Writable = slices.Contains(m.Options, "rw")
	return m, true
}

// mountsOptions splits options at commas.
func mountsOptions(s string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(s, ",")
}

// mountsPath reads a path in which the kernel wrote blanks as "\040" and the like.
func mountsPath(s string) record.Path {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+3 < len(s) {
			if c, err := strconv.ParseUint(s[i+1:i+4], 8, 8); err == nil {
				b.WriteByte(byte(c))
				i += 3
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return record.Path(b.String())
}

// mountsInfo parses a mountinfo file of the kernel.
var mountsInfo = from.EachLine("mounts", mountsInfoLine)

// mountsInfoLine reads a line such as
//
//	36 35 98:0 /root /point rw,noatime master:1 - ext4 /dev/block/dm-1 rw,errors=continue
func mountsInfoLine(line string) (m mountsMount, ok bool) {
	before, after, ok := strings.Cut(line, " - ")
	f, g := strings.Fields(before), strings.Fields(after)
	if !ok || len(f) < 6 || len(g) < 2 {
		return m, false
	}
	m = mountsMount{Device: mountsPath(g[1]), MountPoint: mountsPath(f[4]), Type: g[0], Root: mountsPath(f[3]),
		Options: mountsOptions(f[5]), Form: "mountinfo"}
	if len(g) > 2 {
		m.SuperOptions = mountsOptions(g[2])
	}
	m.Writable = slices.Contains(m.Options, "rw") && slices.Contains(m.SuperOptions, "rw")
	m.Extra = []record.KV{{Key: "id", Value: f[0]}, {Key: "parent", Value: f[1]}, {Key: "device", Value: f[2]}}
	for _, tag := range f[6:] {
		m.Extra = append(m.Extra, record.KV{Key: "tag", Value: tag})
	}
	return m, true
}
