package ios

import (
	"context"
	"fmt"
	"iter"
	"path"
	"regexp"
	"strconv"
	"strings"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/format/daemonlog"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// Collection reads how a sysdiagnose was made.
var Collection = artifact.Parser{
	ID:    "ios.collection",
	Title: lang.Text{EN: "How the sysdiagnose was made", FR: "Fabrication du sysdiagnose"},
	Doc: `A sysdiagnose tells how it was made: its log, a table of the tools that ran with how
they ended, what each rule copied or left out, and what tools complained of. It says
what is missing from it and why: a tool that ended well and has no output deserves a
look, one that ran out of time is usual. Crash reports that were left out because of
their age or size are named here.`,
	Inputs: []artifact.Pattern{
		{Kinds: evidence.IOSSysdiagnose, Glob: "sysdiagnose/sysdiagnose.log"},
		{Kinds: evidence.IOSSysdiagnose, Glob: "sysdiagnose/taskSummary.csv"},
		{Kinds: evidence.IOSSysdiagnose, Glob: "sysdiagnose/tasksummary.csv"},
		{Kinds: evidence.IOSSysdiagnose, Glob: "sysdiagnose/summaries/*.log"},
		{Kinds: evidence.IOSSysdiagnose, Glob: "sysdiagnose/errors/*"},
		{Kinds: evidence.IOSSysdiagnose, Glob: "sysdiagnose/error_log.txt"},
		{Kinds: evidence.IOSSysdiagnose, Glob: "sysdiagnose/oslog_archive_error.log"},
	},
	Record: collectionFact{},
	Refs:   []string{"https://github.com/EC-DIGIT-CSIRC/sysdiagnose", "https://keith.github.io/xcode-man-pages/sysdiagnose.1.html"},
	Parse:  collectionParse,
}

// collectionFact is one message, one tool or one file.
type collectionFact struct {
	Time  record.Time     `json:"time"`  // of a message, if it has an offset from UTC
	Clock record.WallTime `json:"clock"` // of a message without: clock of the phone, no zone

	Kind       string      `json:"kind"`                 // message (of the log or a summary), tool, file (that a rule copied or left out), complaint (of a tool)
	File       string      `json:"file"`                 // name of the text
	Command    record.Text `json:"command,omitempty"`    // of a tool: Command
	Exit       string      `json:"exit,omitempty"`       // of a tool: Exit description
	Took       string      `json:"took,omitempty"`       // of a tool: Execution Time, as printed
	Timeout    string      `json:"timeout,omitempty"`    // of a tool: Intended Timeout, as printed
	Memory     string      `json:"memory_mb,omitempty"`  // of a tool: MAX RSS (MB), as printed
	Path       record.Path `json:"path,omitempty"`       // of a file: what was copied or left out
	Size       *int64      `json:"size,omitempty"`       // of a file: bytes
	Compressed *int64      `json:"compressed,omitempty"` // of a file: bytes
	Text       record.Text `json:"text,omitempty"`       // of a message, a complaint and a file: the line
	Other      []record.KV `json:"other,omitempty"`      // of a tool: other columns
}

// String implements [record.Data].
func (f collectionFact) String() string {
	if f.Kind == "tool" {
		return record.Line(fmt.Sprintf("Tool of the collection: %s: %s", f.Command, f.Exit))
	}
	return record.Line(fmt.Sprintf("Collection (%s): %s", f.File, f.Text))
}

func collectionParse(ctx context.Context, in *artifact.Input) iter.Seq2[record.Record, error] {
	name := path.Base(in.Path)
	switch {
	case strings.HasSuffix(name, ".csv"):
		return from.CSV(in, "tools", collectionMaxTable, collectionMaxColumns, func(values []record.KV) collectionFact { return collectionTool(name, values) })
	case path.Base(path.Dir(in.Path)) == "summaries":
		return from.DaemonLog(func(e daemonlog.Entry) collectionFact { return collectionFile(name, e) })(ctx, in)
	}
	return from.DaemonLog(func(e daemonlog.Entry) collectionFact { return collectionMessage(name, e) })(ctx, in)
}

func collectionMessage(name string, e daemonlog.Entry) collectionFact {
	f := collectionFact{Kind: "complaint", File: name, Text: from.LogText(e)}
	if name == "sysdiagnose.log" {
		f.Kind = "message"
	}
	f.Clock, f.Time = from.LogTime(e)
	return f
}

// collectionSized is a line of diagnostic_summary.log.
var collectionSized = regexp.MustCompile(`^File: (.+?) -- size: ([0-9]+)(?: -- compressed: ([0-9]+))?`)

func collectionFile(name string, e daemonlog.Entry) collectionFact {
	f := collectionMessage(name, e)
	f.Kind = "message"
	text := strings.TrimSpace(e.Message)
	if m := collectionSized.FindStringSubmatch(text); m != nil {
		f.Kind, f.Path, f.Size, f.Compressed = "file", record.Path(m[1]), collectionNumber(m[2]), collectionNumber(m[3])
	} else if strings.HasPrefix(text, "/") {
		file, _, _ := strings.Cut(text, ",")
		f.Kind, f.Path = "file", record.Path(file)
	}
	return f
}

func collectionNumber(s string) *int64 {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return nil
	}
	return &n
}

// Limits of the table of tools.
const (
	collectionMaxTable   = 16 << 20 // bytes
	collectionMaxColumns = 64
)

// collectionTool takes a row of the table of tools by the names of its columns.
func collectionTool(name string, values []record.KV) collectionFact {
	f := collectionFact{Kind: "tool", File: name}
	for _, kv := range values {
		switch {
		case kv.Key == "Command":
			f.Command = record.Text(kv.Value)
		case kv.Key == "Exit description":
			f.Exit = kv.Value
		case kv.Key == "Execution Time":
			f.Took = kv.Value
		case kv.Key == "Intended Timeout":
			f.Timeout = kv.Value
		case strings.HasPrefix(kv.Key, "MAX RSS"):
			f.Memory = kv.Value
		case kv.Value != "":
			f.Other = append(f.Other, kv)
		}
	}
	return f
}
