package evidence

import (
	"bytes"
	"errors"
	"io/fs"
	"path"
	"strings"
)

// reportDir is where the files of a bugreport are shown that are no copies from
// the device.
const reportDir = "bugreport"

// reportText is the name below reportDir at which the text of dumpstate is
// shown, whatever its own name is.
const reportText = "dumpstate.txt"

// copies is the folder in which dumpstate puts files of the device, with their
// paths.
const copies = "FS/"

// maxMainEntry bounds main_entry.txt.
const maxMainEntry = 4096

// openReport presents a bugreport whose text has the stored name main, "" if
// there is none.
func openReport(o outer, sh *shared, main string) *Source {
	l := layout{
		own:    reportDir,
		device: func(name string) (string, bool) { return strings.CutPrefix(name, copies) },
		stored: func(at string) []string { return []string{copies + at} },
		alias:  map[string]string{},
	}
	if holdsTimes(o) {
		l.alias[entriesName] = ""
	}
	s := &Source{Kind: AndroidBugreport, Device: Device{System: "Android"}, Closer: sh.handle()}
	if main != "" {
		l.alias[reportText] = main
		reportDevice(&s.Device, fileHead(o, main))
	}
	s.FS = &androidFS{o, l}
	s.Notes = append(s.Notes, walked(o)...)
	s.withSections(reportDir + "/" + reportText)
	if main != "" {
		s.reportWhen(fileHead(o, main))
	}
	return s
}

// mainText returns the name of the text of dumpstate, "" if there is none, and
// what looking for it showed. It is the one that main_entry.txt names, else the
// first that has the name of one.
func mainText(o outer) (string, []Note) {
	var notes []Note
	entry, err := fileText(o, "main_entry.txt", maxMainEntry)
	if err == nil {
		name, ok := cleanName(strings.TrimSpace(string(entry)))
		if ok && name != "." && fs.ValidPath(name) && len(fileHead(o, name)) > 0 {
			return name, nil
		}
		notes = append(notes, Note{Code: "main-text-differs", Path: "main_entry.txt", Detail: "it names a text that is not there", Count: 1})
	} else if !errors.Is(err, fs.ErrNotExist) {
		notes = append(notes, Note{Code: "main-text-differs", Path: "main_entry.txt", Detail: err.Error(), Count: 1})
	}
	best, rank := "", len(mainPatterns)
	_ = twoLevels(o, func(dir, name string, isDir bool) {
		if dir != "." || isDir {
			return
		}
		for i, pattern := range mainPatterns[:rank] {
			if ok, _ := path.Match(pattern, name); ok && len(fileHead(o, name)) > 0 {
				best, rank = name, i
				return
			}
		}
	})
	if best == "" {
		notes = append(notes, Note{Code: "main-text-absent", Detail: "the bugreport has no text of dumpstate", Count: 1})
	}
	return best, notes
}

// mainPatterns are the names of the text of dumpstate, the likeliest first:
// AOSP, Samsung, and what people call it.
var mainPatterns = []string{"bugreport-*.txt", "bugreport_*.txt", "dumpState_*.log", "dumpstate.txt", "dumpsys.txt"}

// isReportZip reports whether a file in a bugreport is another, as in the
// archives of some vendors.
func isReportZip(name string) bool {
	ok, _ := path.Match("bugreport-*.zip", name)
	return ok
}

// reportDevice reads what the head of a dumpstate text says about the phone.
func reportDevice(d *Device, head []byte) {
	for line := range bytes.Lines(head) {
		key, value, ok := strings.Cut(strings.TrimSpace(string(line)), ": ")
		if !ok {
			continue
		}
		value = oneLine(strings.Trim(value, "'"))
		switch key {
		case "Build":
			d.Build = value
		case "Build fingerprint":
			// brand/product/device:release/build/number:type/keys
			before, after, ok := strings.Cut(value, ":")
			if parts := strings.Split(before, "/"); ok && len(parts) == 3 {
				d.Model = parts[2]
			}
			if release, _, ok := strings.Cut(after, "/"); ok {
				d.Version = release
			}
		case "Uptime", "Bugreport format version":
			return
		}
	}
}

// oneLine returns a value bounded and without control characters.
func oneLine(s string) string {
	const maxText = 1000
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
	if len(s) > maxText {
		s = strings.ToValidUTF8(s[:maxText], "")
	}
	return s
}
