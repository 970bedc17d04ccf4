package evidence

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"path"
	"strings"
	"time"
)

// qfDir is where the files of an AndroidQF acquisition are shown that are no
// copies from the device.
const qfDir = "androidqf"

// Limits of the files that are read to open an acquisition.
const (
	maxRecord = 1 << 20 // bytes of acquisition.json
	maxProps  = 4 << 20 // bytes of getprop.txt
)

// A qfRecord is acquisition.json, as AndroidQF writes it.
type qfRecord struct {
	UUID      string    `json:"uuid"`
	Version   string    `json:"androidqf_version"`
	Started   time.Time `json:"started"`
	Completed time.Time `json:"completed"`
	TmpDir    string    `json:"tmp_dir"`
}

// openQF opens an AndroidQF acquisition and the acquisitions in it.
func openQF(ctx context.Context, o outer, sh *shared, opt Options) ([]*Source, error) {
	s := &Source{Kind: AndroidQF, Device: Device{System: "Android"}, Closer: sh.handle()}
	record := readRecord(o, s)
	if props, err := fileText(o, "getprop.txt", maxProps); err == nil {
		propDevice(&s.Device, string(props))
	} else {
		s.absent("getprop.txt", "model, version and time zone of the phone are not known", err)
	}
	s.FS = &androidFS{o, qfLayout(record.TmpDir)}
	s.Notes = append(s.Notes, walked(o)...)
	emptyNotes(o, s)
	s.withSections(qfDir + "/dumpsys.txt")
	nested, err := openNested(ctx, s, o, sh, opt, isNested)
	if err != nil {
		return nil, err
	}
	list := append([]*Source{s}, nested...)
	for _, dir := range []string{"intrusion_logs", "intrusion-logs"} {
		in := within(o, dir)
		if empty(in) {
			continue
		}
		logs := openLogs(newZips(ctx, in), sh)
		logs.Name = dir
		list = append(list, logs)
	}
	if ctx.Err() != nil {
		for _, src := range list[1:] {
			src.Close()
		}
		return nil, context.Cause(ctx)
	}
	return list, nil
}

// isNested reports whether a file of AndroidQF is an acquisition of its own.
func isNested(name string) bool {
	dir, base := path.Split(name)
	base = strings.ToLower(base)
	switch dir {
	case "":
		return strings.HasSuffix(base, "bugreport.zip") || strings.HasSuffix(base, ".ab")
	case "bugreports/":
		return strings.HasSuffix(base, ".zip")
	}
	return false
}

// DigestsDiffer returns the note that n files of an acquisition are not as the list
// of digests at a path says: "differs", "absent" or "not listed".
func DigestsDiffer(path string, n int64, how string) Note {
	return Note{Code: "digests-differ", Path: path, Detail: how, Count: n}
}

// readRecord reads acquisition.json.
func readRecord(o outer, s *Source) (r qfRecord) {
	const name = "acquisition.json"
	data, err := fileText(o, name, maxRecord)
	if err != nil {
		s.absent(name, "when and how the acquisition was made is not known", err)
		return r
	}
	if err := json.Unmarshal(data, &r); err != nil {
		s.note("record-damaged", name, "%v", err)
	}
	acquired := r.Completed
	if acquired.IsZero() {
		acquired = r.Started
		s.note("acquisition-unfinished", name, "the acquisition has no time of completion: it was interrupted")
	}
	if !acquired.IsZero() {
		s.Device.Acquired = acquired.UTC().Format(time.RFC3339)
	}
	if r.Version != "" {
		s.note("acquired-with", name, "AndroidQF %.100q", r.Version)
	}
	return r
}

// absent notes that a file that describes the acquisition is not there, or
// cannot be read.
func (s *Source) absent(name, what string, err error) {
	if errors.Is(err, fs.ErrNotExist) {
		s.note("record-absent", name, "%s", what)
		return
	}
	s.note("record-damaged", name, "%s: %v", what, err)
}

// propDevice reads what the properties of the phone say, lines of
// "[name]: [value]".
func propDevice(d *Device, text string) {
	props := make(map[string]string)
	for line := range strings.Lines(text) {
		name, value, ok := strings.Cut(strings.TrimSpace(line), "]: [")
		if ok && strings.HasPrefix(name, "[") && strings.HasSuffix(value, "]") {
			if name = name[1:]; props[name] == "" {
				props[name] = oneLine(strings.TrimSuffix(value, "]"))
			}
		}
	}
	first := func(names ...string) string {
		for _, name := range names {
			if props[name] != "" {
				return props[name]
			}
		}
		return ""
	}
	d.Model = first("ro.product.model", "ro.product.system.model", "ro.product.vendor.model")
	if maker := first("ro.product.manufacturer", "ro.product.brand"); maker != "" && d.Model != "" {
		d.Model = maker + " " + d.Model
	}
	d.Version = first("ro.build.version.release")
	d.Build = first("ro.build.id", "ro.build.display.id")
	d.Serial = first("ro.serialno", "ro.boot.serialno")
	d.Zone = first("persist.sys.timezone")
}

// The folders of AndroidQF that hold copies from the device.
const (
	qfLogs   = "logs/" // with absolute paths
	qfTmp    = "tmp/"  // of the temporary folder
	qfShared = "sdcard/"
	usualTmp = "data/local/tmp/"

	sharedStorage = "data/media/0/"
)

// qfLayout is the layout of an acquisition with a temporary folder on the
// device, "" for the usual one.
func qfLayout(tmp string) layout {
	if at, ok := cleanName(strings.TrimPrefix(tmp, "/")); ok && at != "." {
		tmp = at + "/"
	} else {
		tmp = usualTmp
	}
	return layout{
		own: qfDir,
		device: func(name string) (string, bool) {
			if rest, ok := strings.CutPrefix(name, qfTmp); ok {
				return tmp + rest, rest != ""
			}
			at, ok := strings.CutPrefix(name, qfLogs)
			if rest, ok := strings.CutPrefix(at, qfShared); ok {
				at = sharedStorage + rest
			}
			return at, ok && strings.Contains(at, "/")
		},
		stored: func(at string) []string {
			names := []string{qfLogs + at}
			if rest, ok := strings.CutPrefix(at, sharedStorage); ok {
				names = append(names, qfLogs+qfShared+rest)
			}
			if rest, ok := strings.CutPrefix(at, tmp); ok {
				names = append(names, qfTmp+rest)
			}
			return names
		},
	}
}

// emptyNotes says how many files are empty, which is what a failed copy leaves.
func emptyNotes(o outer, s *Source) {
	var names []string
	_ = walkSizes(o, func(name string, size int64) error {
		if size == 0 {
			names = append(names, name)
		}
		if len(names) > maxCandidates {
			return errStop
		}
		return nil
	})
	for i, name := range names {
		if i == maxRefusals {
			s.Notes = append(s.Notes, Note{Code: "file-empty", Detail: "further files, not listed", Count: int64(len(names) - maxRefusals)})
			return
		}
		s.note("file-empty", name, "no byte: copying it may have failed")
	}
}
