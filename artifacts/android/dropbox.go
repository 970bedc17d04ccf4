package android

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/epoch"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/format/dumpsys"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// DropBox reads the store of crashes and system events.
var DropBox = artifact.Parser{
	ID:    "android.dropbox",
	Title: lang.Text{EN: "Crashes and system events (DropBox)", FR: "Plantages et événements du système (DropBox)"},
	Doc: `DropBoxManager keeps crashes of apps and of the system, apps that did not respond,
restarts, logs of recovery and of SELinux, each in a file named after its kind and the
time in milliseconds. They stay for days, until newer ones need the space, which is
longer than anything else that tells of crashes. A bug report has the files, without
strict mode and "wtf" entries, and a list whose times are those of the clock of the
phone.

Entries name packages that are gone since, and crashes of what reads messages. A
crash is nothing unusual on an ordinary phone.`,
	Inputs: slices.Concat([]artifact.Pattern{
		{Kinds: evidence.AndroidBugreport | evidence.AndroidQF, Glob: "data/system/dropbox/*@*"},
		{Kinds: evidence.AndroidQF, Glob: "androidqf/logs/data/system/dropbox/*@*"},
	}, from.Dumpsys("dropbox")),
	Record: dropboxEntry{},
	Refs: []string{
		"https://developer.android.com/reference/android/os/DropBoxManager",
		"https://android.googlesource.com/platform/frameworks/base/+/refs/heads/main/services/core/java/com/android/server/DropBoxManagerService.java",
	},
	Parse: dropboxParse,
}

// dropboxEntry is one entry, a file or an item of the list.
type dropboxEntry struct {
	Time  record.Time     `json:"time"`            // name of the file, after "@": milliseconds since 1970 UTC
	Clock record.WallTime `json:"clock,omitempty"` // list: clock of the phone, without zone

	Tag     string         `json:"tag"`               // kind, such as data_app_crash or SYSTEM_BOOT
	Form    string         `json:"form"`              // text, data or lost; of the list as it is printed
	Size    int64          `json:"size"`              // bytes, as they are stored
	Process record.Process `json:"process,omitempty"` // "Process"
	App     record.App     `json:"app,omitempty"`     // "Package", its name; also of further ones the first
	Version string         `json:"version,omitempty"` // "Package": version code, and name in brackets
	PID     *int64         `json:"pid,omitempty"`     // "PID"
	UID     *int64         `json:"uid,omitempty"`     // "UID"
	Front   string         `json:"front,omitempty"`   // "Foreground": Yes or No
	Build   string         `json:"build,omitempty"`   // "Build": fingerprint
	Fields  []record.KV    `json:"fields,omitempty"`  // other lines "key: value" at the begin
	Text    record.Text    `json:"text,omitempty"`    // what follows, its begin
	Cut     bool           `json:"cut,omitempty"`     // there is more text
}

// String implements [record.Data].
func (e dropboxEntry) String() string {
	s := e.Tag
	if e.Process != "" {
		s += " of " + string(e.Process)
	}
	if first, _, _ := strings.Cut(string(e.Text), "\n"); first != "" {
		s += ": " + first
	}
	return record.Line(s)
}

// Limits of one entry.
const (
	dropboxRead = 4 << 20  // bytes that are read of a file, unpacked
	dropboxText = 64 << 10 // bytes of text that are kept
	dropboxHead = 64       // lines of the begin
)

func dropboxParse(ctx context.Context, in *artifact.Input) iter.Seq2[record.Record, error] {
	if !strings.Contains(path.Base(in.Path), "@") {
		return from.Dump(dumpsys.DropBoxEntries, dropboxRow)(ctx, in)
	}
	return func(yield func(record.Record, error) bool) {
		e, err := dropboxFile(in)
		if err != nil && !yield(record.Record{}, err) {
			return
		}
		yield(in.Record(record.Origin{Row: 1}, e), nil)
	}
}

// dropboxRow describes an item of the list.
func dropboxRow(v dumpsys.DropBoxEntry) (int, record.Data) {
	e := dropboxEntry{Clock: record.WallTime{Time: v.Time}, Tag: v.Tag, Form: v.Form, Size: v.Size, Cut: v.Short}
	for _, f := range v.Fields {
		e.field(f.Key, f.Value)
	}
	e.text(v.Text)
	dropboxPreview(&e, v.Text)
	return v.Line, e
}

// dropboxPreview reads the names in a text that is printed on one line, with "/"
// for the ends of lines. The last one may be cut and is left out.
func dropboxPreview(e *dropboxEntry, text string) {
	parts := strings.Split(text, "/")
	for _, part := range parts[:len(parts)-1] {
		key, value, ok := strings.Cut(part, ": ")
		switch key {
		case "Process", "PID", "UID", "Package":
			e.field(key, value)
			continue
		}
		if !ok || strings.Contains(key, " ") {
			return
		}
	}
}

// dropboxFile reads a file, "<tag>@<milliseconds>.<txt|dat|lost>[.gz]". The tag
// is escaped as in a URL.
func dropboxFile(in *artifact.Input) (dropboxEntry, error) {
	name, packed := strings.CutSuffix(path.Base(in.Path), ".gz")
	tag, rest, _ := strings.Cut(name, "@")
	stamp, ext, _ := strings.Cut(rest, ".")
	e := dropboxEntry{Tag: tag, Size: in.Size, Form: ext}
	ms, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil {
		err = fmt.Errorf("read time of %q: no number", name)
	}
	e.Time = epoch.UnixMilli(ms)
	switch ext {
	case "dat":
		e.Form = "data"
		return e, err
	case "lost":
		return e, err
	case "txt":
		e.Form = "text"
	}
	data, more := dropboxContent(in, packed)
	lines := strings.SplitAfter(strings.ToValidUTF8(string(data), "\ufffd"), "\n")
	for len(lines) > 0 && len(e.Fields) < dropboxHead {
		key, value, ok := strings.Cut(strings.TrimRight(lines[0], "\r\n"), ": ")
		if !ok || key == "" || strings.Contains(key, " ") {
			break
		}
		e.field(key, strings.TrimSpace(value))
		lines = lines[1:]
	}
	e.text(strings.Trim(strings.Join(lines, ""), "\r\n"))
	e.Cut = e.Cut || int64(len(data)) == dropboxRead
	return e, errors.Join(err, more)
}

// dropboxContent returns the begin of a file, unpacked. With an error it returns
// what could be read before.
func dropboxContent(in *artifact.Input, packed bool) ([]byte, error) {
	var r io.Reader = io.NewSectionReader(in.File, 0, in.Size)
	if packed {
		z, err := gzip.NewReader(r)
		if err != nil {
			return nil, fmt.Errorf("unpack entry: %w", err)
		}
		r = z
	}
	var b bytes.Buffer
	if _, err := io.Copy(&b, io.LimitReader(r, dropboxRead)); err != nil {
		return b.Bytes(), fmt.Errorf("read entry: %w", err)
	}
	return b.Bytes(), nil
}

// field takes over a line of the begin.
func (e *dropboxEntry) field(key, value string) {
	number := func(to **int64) bool {
		n, err := strconv.ParseInt(value, 10, 64)
		if err == nil && *to == nil {
			*to = &n
			return true
		}
		return false
	}
	switch {
	case key == "Process" && e.Process == "":
		e.Process = record.Process(value)
	case key == "Package" && e.App == "":
		name, version, _ := strings.Cut(value, " ")
		e.App, e.Version = record.App(name), strings.TrimPrefix(version, "v")
	case key == "PID" && number(&e.PID), key == "UID" && number(&e.UID):
	case key == "Foreground" && e.Front == "":
		e.Front = value
	case key == "Build" && e.Build == "":
		e.Build = value
	default:
		e.Fields = append(e.Fields, record.KV{Key: key, Value: value})
	}
}

// text takes over the text after the begin.
func (e *dropboxEntry) text(s string) {
	if len(s) > dropboxText {
		s, e.Cut = strings.ToValidUTF8(s[:dropboxText], ""), true
	}
	e.Text = record.Text(s)
}
