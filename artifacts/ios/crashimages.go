package ios

import (
	"fmt"
	"strings"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/format/ips"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// CrashImages reads the code that was loaded in processes of reports.
var CrashImages = artifact.Parser{
	ID:    "ios.crashimages",
	Title: lang.Text{EN: "Code loaded in reported processes", FR: "Code chargé dans les processus signalés"},
	Doc: `Reports of crashes and of the use of resources list the files of code that were loaded
in a process: the program itself, libraries, with the UUID that the linker gave each.
From iOS 15 on a report of a crash lists those of its backtraces only, and says where
the shared cache of libraries was: images in it are no records here, since the UUID of the cache
(in ios.crashes) stands for all of them, and nothing is loaded from it but what iOS put
there.

A library from an unusual folder inside a process of iOS was put there by somebody. The
same path on the same build of iOS always has the same UUID: another one was replaced.
Reports of a fault (type 308) have images without names. See ios.crashes for how long
reports stay.`,
	Inputs: from.Reports(),
	Sorts:  from.ReportsOf(ips.Crash, ips.Resource),
	Record: crashImagesImage{},
	Refs:   []string{"https://developer.apple.com/documentation/xcode/interpreting-the-json-format-of-a-crash-report"},
	Parse:  from.EachReport(crashImagesRead, ips.Crash, ips.Resource),
}

// crashImagesImage is one image of one report.
type crashImagesImage struct {
	Time       record.Time    `json:"time"`                  // of the report: captureTime, Date/Time; with offset from UTC
	TimeStored string         `json:"time_stored,omitempty"` // the time as it is written, if it could not be read
	Process    record.Process `json:"process"`               // of the report
	Program    record.Path    `json:"program,omitempty"`     // path of the program of the process
	PID        *int64         `json:"pid,omitempty"`         // of the process
	Path       record.Path    `json:"path,omitempty"`        // usedImages, path; Binary Images
	Name       record.Process `json:"name,omitempty"`        // file name
	UUID       string         `json:"uuid,omitempty"`        // as it is written; from the linker
	App        record.App     `json:"app,omitempty"`         // bundle identifier of the image
	Version    string         `json:"version,omitempty"`     // of its bundle
	Arch       string         `json:"arch,omitempty"`        // such as arm64e
	From       string         `json:"from,omitempty"`        // source: process, or the letter
	Base       string         `json:"base"`                  // address, hexadecimal
	Size       int64          `json:"size,omitempty"`        // bytes
	Build      string         `json:"build,omitempty"`       // of iOS
	Incident   string         `json:"incident,omitempty"`    // identifier of the report
	Proxied    bool           `json:"proxied,omitempty"`     // of another device, such as a watch
}

// String implements [record.Data].
func (i crashImagesImage) String() string {
	name := string(i.Path)
	if name == "" {
		name = string(i.Name)
	}
	return record.Line(fmt.Sprintf("loaded in %s: %s %s", i.Process, name, i.UUID))
}

func crashImagesRead(r *from.Report, yield func(record.Record, error) bool) {
	body, _ := r.Content() // errors are told by ios.crashes and ios.resourcereports
	d := crashImagesImage{Proxied: r.Proxied()}
	var images []ips.Image
	shared := func(ips.Image) bool { return false }
	table := "usedImages"
	if r.Class == ips.Resource {
		c, _ := ips.DecodeResource(body)
		images, table = c.Images, "Binary Images"
		d.Time, d.TimeStored = r.Time(c.Time)
		d.Process, d.Program, d.PID, d.Build, d.Incident = record.Process(c.Command), record.Path(c.Path), c.PID, c.Build, c.Incident
	} else {
		c := ips.CrashImages(body)
		images, shared = c.Images, c.Shared
		if !ips.IsJSON(body) {
			table = "Binary Images"
		}
		d.Time, d.TimeStored = r.Time(c.Time)
		d.Process, d.Program, d.PID, d.Build, d.Incident = record.Process(c.Process), record.Path(c.Path), c.PID, c.SystemBuild, c.Incident
	}
	for i, im := range images {
		if im.Path == "" && im.Name == "" && im.UUID == "" {
			continue // stands for addresses outside images
		}
		if shared(im) {
			continue
		}
		image := d
		image.Path, image.Name, image.UUID, image.App, image.Version, image.Arch = record.Path(im.Path), record.Process(im.Name), im.UUID, record.App(im.Identifier), im.Version, im.Arch
		if image.Name == "" {
			image.Name = record.Process(im.Path[strings.LastIndexByte(im.Path, '/')+1:])
		}
		image.From, image.Base, image.Size = crashImagesFrom(im.Source), fmt.Sprintf("%#x", im.Base), int64(min(im.Size, 1<<62))
		if !yield(r.Input.Record(record.Origin{Table: table, Row: int64(i + 1)}, image), nil) {
			return
		}
	}
}

// crashImagesFrom returns where an image is from. The other letters are not
// documented.
func crashImagesFrom(letter string) string {
	switch letter {
	case "P":
		return "process"
	case "":
		return ""
	}
	return "source " + letter
}
