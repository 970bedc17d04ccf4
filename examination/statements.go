package examination

import (
	"fmt"
	"slices"
	"time"

	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/release"
)

// statements returns what a source by its kind and version cannot tell, or what its
// version means, as notes. The list of versions has a date, which is named.
func statements(src *evidence.Source) []evidence.Note {
	d := src.Device
	if d.System != "" && d.System != "iOS" || src.Kind&(evidence.IOSBackup|evidence.IOSFilesystem|evidence.IOSSysdiagnose) == 0 {
		return nil
	}
	version := d.Version
	if v, ok := release.IOS(d.Build); ok && version == "" {
		version = v.Name
	}
	notes := versionNotes(d, version)
	if src.Kind == evidence.IOSSysdiagnose {
		detail := ""
		if t, ok := d.Capture(); ok {
			detail = "since about " + t.Add(-24*time.Hour).UTC().Format(time.RFC3339)
		}
		notes = append(notes, evidence.Note{Code: "crash-reports-day", Detail: detail})
	}
	if note, ok := erasure(src); ok {
		notes = append(notes, note)
	}
	if src.Kind != evidence.IOSBackup && version != "" && !release.Older(version, "26") {
		notes = append(notes, evidence.Note{Code: "shutdown-log-short"})
	}
	return notes
}

// erased is a file that iOS makes when it has erased the phone.
const erased = "private/var/root/.obliterated"

// erasure says when the phone of a file system was erased, as far as the acquisition
// records times: what ran before has left nothing but what a backup brought back.
func erasure(src *evidence.Source) (evidence.Note, bool) {
	if src.Kind != evidence.IOSFilesystem || src.FS == nil {
		return evidence.Note{}, false
	}
	f, err := src.Open(erased)
	if err != nil {
		return evidence.Note{}, false
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil || info.IsDir() || info.ModTime().IsZero() {
		return evidence.Note{}, false
	}
	return evidence.Note{Code: "phone-erased", Path: erased, Detail: info.ModTime().UTC().Format(time.RFC3339)}, true
}

// versionNotes says whether the version was up to date when the acquisition was made.
func versionNotes(d evidence.Device, version string) []evidence.Note {
	of := "iOS " + version
	if d.Build != "" {
		of += " (" + d.Build + ")"
	}
	listed := "list of " + release.Date().Format(time.DateOnly)
	var notes []evidence.Note
	if version == "" {
		return append(notes, evidence.Note{Code: "version-unknown", Detail: d.Build})
	}
	at := acquired(d)
	if newest, ok := release.Newest(d.Model, version, at); ok && release.Older(version, newest.Name) && !keptBranch(d, version) {
		note := evidence.Note{Code: "system-outdated", Detail: fmt.Sprintf("%s; then the newest for it was %s", of, newest.Name)}
		if at.IsZero() {
			note = evidence.Note{Code: "system-older", Detail: fmt.Sprintf("%s; the newest for it is %s", of, newest.Name)}
		}
		if !newest.Published.IsZero() {
			note.Detail += " of " + newest.Published.Format(time.DateOnly)
		}
		note.Detail += "; " + listed
		notes = append(notes, note)
	}
	if !release.Gets(d.Model) {
		notes = append(notes, evidence.Note{Code: "system-without-updates", Detail: d.Model + "; " + listed})
	}
	return notes
}

// keptBranch reports whether the version was the newest of a branch that still gets
// updates, which Apple offers as a choice.
func keptBranch(d evidence.Device, version string) bool {
	newest, ok := release.Newest("", version, acquired(d))
	return ok && slices.Contains(release.Updated(), release.Branch(version)) && !release.Older(version, newest.Name)
}

// acquired returns when the acquisition was made, as it says itself; else zero.
func acquired(d evidence.Device) time.Time {
	if t, err := time.Parse(time.RFC3339, d.Acquired); err == nil {
		return t
	}
	t, _ := d.Capture()
	return t
}
