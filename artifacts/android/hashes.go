package android

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// Hashes reads the digests that AndroidQF computed of what it collected.
var Hashes = artifact.Parser{
	ID:    "android.hashes",
	Title: lang.Text{EN: "Digests of the acquisition", FR: "Empreintes de l'acquisition"},
	Doc: `When it ends, AndroidQF writes the SHA-256 of each file of the acquisition to hashes.csv.
Files copied from the phone, such as APKs and temporary files, can be compared with known
digests. Each digest is compared with the file itself, as far as files are not large and
not more than 256 MiB in all. One that differs means that the file was changed after the
acquisition, except for hashes.csv itself and command.log, which were still being
written when they were read. Files that are listed and absent were taken away, files that
are there and not listed were added; acquisition.json is written last, and a list that was
cut looks the same. An acquisition that was broken off has no such list.`,
	Inputs: []artifact.Pattern{{Kinds: evidence.AndroidQF, Glob: "androidqf/hashes.csv"}},
	Record: hashesFile{},
	Refs:   []string{"https://github.com/mvt-project/androidqf"},
	Parse:  hashesParse,
}

// hashesFile is one file of the acquisition.
type hashesFile struct {
	Name       string      `json:"name"`                 // first column: path on the computer of the acquisition, or name in the archive
	SHA256     record.Hash `json:"sha256,omitempty"`     // second column; "" if the file is not listed
	Unfinished bool        `json:"unfinished,omitempty"` // hashes.csv or command.log, whose digests need not fit
	State      string      `json:"state"`                // "same", "differs", "absent", "unreadable", "not compared" (large, or a second one of its name), "not listed"
	Found      record.Hash `json:"found,omitempty"`      // SHA-256 of the file, if it differs
}

// String implements [record.Data].
func (f hashesFile) String() string {
	return record.Line(fmt.Sprintf("digest of %s: %s, %s", f.Name, f.SHA256, f.State))
}

// Limits of comparing digests.
const (
	hashesMaxFiles = 500_000   // files of an acquisition
	hashesMaxFile  = 64 << 20  // bytes of one that is read
	hashesMaxBytes = 256 << 20 // bytes that are read in all
)

// hashesCheck compares digests with the files of an acquisition.
type hashesCheck struct {
	ctx   context.Context
	in    *artifact.Input
	files map[string]*hashesStored // by stored name
	order []string
	left  int64 // bytes that may be read
	cut   bool  // there are more files
}

// hashesStored is one file of the acquisition.
type hashesStored struct {
	path   string // as the source opens it
	size   int64
	seen   bool
	digest string // once it is known
	err    error
}

func hashesParse(ctx context.Context, in *artifact.Input) iter.Seq2[record.Record, error] {
	return func(yield func(record.Record, error) bool) {
		c := hashesCheck{ctx: ctx, in: in, files: map[string]*hashesStored{}, left: hashesMaxBytes}
		if err := c.list(); err != nil && !yield(record.Record{}, fmt.Errorf("list files: %w", err)) {
			return
		}
		counts := map[string]int64{}
		for rec, err := range from.EachLine("digests", hashesLine)(ctx, in) {
			if f, ok := rec.Data.(hashesFile); ok && err == nil {
				c.compare(&f)
				rec.Data = f
				if !f.Unfinished {
					counts[f.State]++
				}
			}
			if !yield(rec, err) {
				return
			}
		}
		if !c.added(yield, counts) {
			return
		}
		for _, state := range []string{"differs", "absent", "not listed"} {
			if n := counts[state]; n > 0 {
				in.Note(evidence.DigestsDiffer(in.Path, n, state))
			}
		}
	}
}

// list lists the files of the acquisition by their stored names.
func (c *hashesCheck) list() error {
	add := func(name, path string, size int64) error {
		if len(c.order) == hashesMaxFiles {
			c.cut = true
			return nil
		}
		c.files[name] = &hashesStored{path: path, size: size}
		c.order = append(c.order, name)
		return context.Cause(c.ctx)
	}
	err := c.in.Source.Entries(func(e *evidence.Entry) error { return add(e.Stored, e.Path, e.Size) })
	if errors.Is(err, evidence.ErrNoEntries) {
		err = c.in.Source.WalkFiles(func(path string, size int64) error {
			return add(strings.TrimPrefix(path, "androidqf/"), path, size)
		})
	}
	return err
}

// find returns the file that a listed name means: the one with the longest end of
// it.
func (c *hashesCheck) find(name string) *hashesStored {
	name = strings.ReplaceAll(name, `\`, "/")
	for {
		if f := c.files[name]; f != nil {
			return f
		}
		_, rest, ok := strings.Cut(name, "/")
		if !ok {
			return nil
		}
		name = rest
	}
}

// compare sets the state of a line.
func (c *hashesCheck) compare(l *hashesFile) {
	f := c.find(l.Name)
	if f == nil {
		if l.State = "absent"; c.cut {
			l.State = "not compared"
		}
		return
	}
	again := f.seen
	f.seen = true
	c.digest(f)
	switch {
	case f.err != nil:
		l.State = "unreadable"
	case f.digest == "":
		l.State = "not compared"
	case strings.EqualFold(f.digest, string(l.SHA256)):
		l.State = "same"
	case again:
		l.State = "not compared"
	default:
		l.State, l.Found = "differs", record.Hash(f.digest)
	}
}

// digest computes the digest of a file, unless it is too large.
func (c *hashesCheck) digest(f *hashesStored) {
	if f.digest != "" || f.err != nil || f.size > hashesMaxFile || f.size > c.left {
		return
	}
	c.left -= f.size
	file, err := c.in.Source.Open(f.path)
	if err != nil {
		f.err = err
		return
	}
	defer file.Close()
	h := sha256.New()
	buf := make([]byte, 64<<10)
	for at := int64(0); at <= hashesMaxFile && c.ctx.Err() == nil; {
		n, err := file.ReadAt(buf, at)
		h.Write(buf[:n])
		at += int64(n)
		if errors.Is(err, io.EOF) {
			f.digest = hex.EncodeToString(h.Sum(nil))
			return
		}
		if err != nil {
			f.err = err
			return
		}
	}
}

// hashesLast are the files that AndroidQF writes after the list, or beside it.
var hashesLast = map[string]bool{"acquisition.json": true, "hashes.csv": true, "command.log": true}

// added yields the files that are not listed. It returns whether the caller wants
// more.
func (c *hashesCheck) added(yield func(record.Record, error) bool, counts map[string]int64) bool {
	for i, name := range c.order {
		f := c.files[name]
		if f.seen || hashesLast[name] || c.in.Source.Whole(f.path) != f.path {
			continue
		}
		counts["not listed"]++
		at := record.Origin{Path: f.path, Row: int64(i) + 1} // the number of the file
		if name != f.path {
			at.Stored = name
		}
		if !yield(c.in.Record(at, hashesFile{Name: name, State: "not listed"}), nil) {
			return false
		}
	}
	return true
}

// hashesLine reads a line of two columns. The first is in quotes, and quotes in it
// are doubled, if it has a comma or a quote.
func hashesLine(line string) (f hashesFile, ok bool) {
	i := strings.LastIndexByte(line, ',')
	if i < 1 {
		return f, false
	}
	name, digest := line[:i], strings.TrimSpace(line[i+1:])
	if n := len(name); n > 1 && name[0] == '"' && name[n-1] == '"' {
		name = strings.ReplaceAll(name[1:n-1], `""`, `"`)
	}
	if len(digest) != 64 || strings.Trim(digest, "0123456789abcdefABCDEF") != "" {
		return f, false
	}
	base := name[strings.LastIndexAny(name, `/\`)+1:]
	return hashesFile{Name: name, SHA256: record.Hash(digest), Unfinished: base == "hashes.csv" || base == "command.log"}, true
}
