package ios

import (
	"context"
	"fmt"
	"io"
	"iter"
	"math"
	"strings"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/epoch"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// ServiceWorkerScripts reads the scripts of service workers that web sites installed.
var ServiceWorkerScripts = artifact.Parser{
	ID:    "ios.serviceworkerscripts",
	Title: lang.Text{EN: "Scripts of service workers", FR: "Scripts des service workers"},
	Doc: `WebKit keeps the script of each service worker, and those that it imports, in a file
named by a digest; ios.serviceworkers tells which sites have one. A script stays as long
as its service worker, and changes when the site changes it. Its digest identifies it
among phones that visited the same site, and the addresses in it show what it can ask
for, not what it asked for. Few sites have one. Backups mostly leave these files out.`,
	Inputs: []artifact.Pattern{
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/**/ServiceWorkers/Scripts/**/" + strings.Repeat("?", 43)},
	},
	Record: serviceWorkerScriptsScript{},
	Refs: []string{
		"https://github.com/WebKit/WebKit/blob/main/Source/WebCore/workers/service/server/SWScriptStorage.cpp",
	},
	Parse: serviceWorkerScriptsParse,
}

// serviceWorkerScriptsScript is one script, a file.
type serviceWorkerScriptsScript struct {
	Changed record.Time `json:"changed"` // last change of the file, as the acquisition has it

	Size     int64            `json:"size"`                // bytes of the script
	Hash     record.Hash      `json:"hash,omitempty"`      // SHA-256 of the script
	Links    []record.Mention `json:"links,omitempty"`     // addresses in the script
	LinksCut bool             `json:"links_cut,omitempty"` // there are more than 100, or more than 1 MiB of text
}

// String implements [record.Data].
func (s serviceWorkerScriptsScript) String() string {
	return record.Line(fmt.Sprintf("Script of a service worker, %d bytes, %d addresses", s.Size, len(s.Links)))
}

func serviceWorkerScriptsParse(ctx context.Context, in *artifact.Input) iter.Seq2[record.Record, error] {
	return func(yield func(record.Record, error) bool) {
		if err := context.Cause(ctx); err != nil {
			yield(record.Record{}, err)
			return
		}
		body, err := from.ReadBody(io.NewSectionReader(in.File, 0, math.MaxInt64))
		if err != nil && !yield(record.Record{}, err) {
			return
		}
		s := serviceWorkerScriptsScript{Size: body.Size, Hash: body.Hash, Links: body.URLs, LinksCut: body.Cut}
		if info, err := in.File.Stat(); err == nil {
			s.Changed = epoch.Date(info.ModTime())
		}
		yield(in.Record(record.Origin{Table: "script"}, s), nil)
	}
}
