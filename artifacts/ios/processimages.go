package ios

import (
	"context"
	"fmt"
	"iter"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/format/lines"
	"github.com/vigie-project/vigie/format/spindump"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// ProcessImages reads the code that was loaded in running processes.
var ProcessImages = artifact.Parser{
	ID:    "ios.processimages",
	Title: lang.Text{EN: "Code loaded in running processes", FR: "Code chargé dans les processus en cours"},
	Doc: `spindump-nosymbols.txt of a sysdiagnose lists, for each process, the files of code in which its
threads were when they were sampled: the program and libraries, with the UUID that the
linker gave each. Others that were loaded are not listed.

A library from an unusual folder inside a process of iOS was put there by somebody. The same
path on the same build of iOS always has the same UUID: another one was replaced. Apps
bring libraries of their own, and keyboards and other extensions are loaded by apps.
The processes themselves, also those without images, are in ios.processes.`,
	Inputs: []artifact.Pattern{{Kinds: evidence.IOSSysdiagnose, Glob: "sysdiagnose/spindump-nosymbols.txt"}},
	Record: processImagesImage{},
	Refs:   []string{"https://keith.github.io/xcode-man-pages/spindump.8.html"},
	Parse:  processImagesParse,
}

// processImagesImage is one image of one process; keys are those of its block.
type processImagesImage struct {
	Seen    record.Time    `json:"seen"`              // Date/Time of the spindump: with offset from UTC
	Process record.Process `json:"process"`           // key Process: name
	Program record.Path    `json:"program,omitempty"` // key Path: of the process
	PID     *int64         `json:"pid,omitempty"`     // key Process, in brackets
	Name    record.Process `json:"name,omitempty"`    // name of the file, possibly with its version
	Path    record.Path    `json:"path,omitempty"`    // after the UUID
	UUID    string         `json:"uuid,omitempty"`    // in angle brackets
	Base    string         `json:"base"`              // first address, hexadecimal
	Size    *int64         `json:"size,omitempty"`    // bytes; absent if the last address is not printed
}

// String implements [record.Data].
func (i processImagesImage) String() string {
	name := string(i.Path)
	if name == "" {
		name = string(i.Name)
	}
	return record.Line(fmt.Sprintf("loaded in %s: %s %s", i.Process, name, i.UUID))
}

func processImagesParse(_ context.Context, in *artifact.Input) iter.Seq2[record.Record, error] {
	return func(yield func(record.Record, error) bool) {
		text := func(yield func(lines.Line) bool) {
			for l, err := range from.Lines(in.File) { // errors are told by ios.processes
				if err != nil || !yield(l) {
					return
				}
			}
		}
		for p, err := range spindump.Decode(text) {
			if err != nil {
				return
			}
			d := processImagesImage{Process: record.Process(p.Name), Program: record.Path(p.Get("Path")), PID: p.PID}
			if t := p.Header.Time; !t.IsZero() {
				d.Seen = record.Time{Time: t.UTC(), Rule: record.AsText, Zone: record.RecordedOffset}
			}
			for _, im := range p.Images {
				one := d
				one.Name, one.Path, one.UUID, one.Base = record.Process(im.Name), record.Path(im.Path), im.UUID, fmt.Sprintf("%#x", im.Start)
				if size := int64(im.End-im.Start) + 1; im.End > im.Start && size > 0 {
					one.Size = &size
				}
				if !yield(in.Record(record.Origin{Row: int64(im.Line), Offset: im.Offset}, one), nil) {
					return
				}
			}
		}
	}
}
