package evidence

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
)

// sysDir is where the files of a sysdiagnose are shown.
const sysDir = "sysdiagnose"

// Limits of the files that are read to open a sysdiagnose.
const (
	maxSysText  = 8 << 20   // bytes of its log, and of the dump of remotectl
	maxSysHead  = 256 << 10 // bytes of the beginning of others
	captureSlop = 15 * time.Minute
)

// openSysdiagnose opens the sysdiagnose in a folder of an outer. called is the
// name under which it came.
func openSysdiagnose(ctx context.Context, whole outer, dir string, sh *shared, called string, opt Options) ([]*Source, error) {
	o := within(whole, dir)
	s := &Source{Kind: IOSSysdiagnose, Device: Device{System: "iOS"}, FS: newIOSFS(o, sysDir), Closer: sh.handle()}
	if dir != "." {
		called = path.Base(dir)
	}
	inside := lookInside(ctx, o, nil)
	describeCapture(s, called, inside, o)
	nested, err := inside.open(ctx, s, o, sh, opt)
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return append([]*Source{s}, nested...), nil
}

// describeCapture says of a sysdiagnose when it was made, of which phone, and
// what is odd about it.
func describeCapture(s *Source, called string, inside *insides, o outer) {
	inside.backups = nil // Manifest.db of other services
	c := &capture{s: s, called: called, report: inside.report}
	c.find()
	c.device()
	c.check()
	s.Notes = append(s.Notes, inside.notes(o)...)
	c.internal()
}

// openSysdiagnoses opens all sysdiagnoses of an outer, and says what lies
// beside them.
func openSysdiagnoses(ctx context.Context, o outer, dirs []string, sh *shared, called string, opt Options) ([]*Source, error) {
	var list []*Source
	for i, dir := range dirs {
		if i == maxNested {
			list[0].note("nested-damaged", "", "%d further sysdiagnoses are not opened", len(dirs)-maxNested)
			break
		}
		found, err := openSysdiagnose(ctx, o, dir, sh, called, opt)
		if err != nil {
			for _, s := range list {
				s.Close()
			}
			return nil, err
		}
		if len(dirs) > 1 {
			found[0].Name, found[0].aside = dir, i > 0
		}
		list = append(list, found...)
	}
	if len(dirs) > 1 {
		list[0].note("roots-several", "", "%d sysdiagnoses lie side by side: %.1000q", len(dirs), dirs)
	}
	if dirs[0] != "." {
		list[0].Notes = append(list[0].Notes, outside(ctx, o, dirs)...)
	}
	return list, nil
}

// outside counts the files of an outer that lie in none of the folders.
func outside(ctx context.Context, o outer, dirs []string) []Note {
	var n int64
	first := ""
	_ = o.walk(func(name string) error { // what cannot be listed is a note already
		if isAppleDouble(name) || slices.ContainsFunc(dirs, func(d string) bool { return strings.HasPrefix(name, d+"/") }) {
			return nil
		}
		if n++; n == 1 {
			first = name
		}
		return ctx.Err()
	})
	if n == 0 {
		return nil
	}
	return []Note{{Code: "files-outside", Path: first, Detail: "files beside the sysdiagnose, the first of which is named", Count: n}}
}

// A capture finds out when a sysdiagnose was made, and of which phone.
type capture struct {
	s      *Source
	called string // the name of the archive or folder
	report string // a crash report
	start  time.Time
	name   sysToken // of the archive or folder
}

// A sysToken is what the name of a sysdiagnose tells.
type sysToken struct {
	start time.Time // zero if it tells nothing
	build string    // "" if it tells none
}

// sysLayout is the form of the instant in such a name.
const sysLayout = "2006.01.02_15-04-05-0700"

var sysBuild = regexp.MustCompile(`^\d{2}[A-Z]\d{2,5}[a-z]?$`)

// readToken returns what the first name of a sysdiagnose in a text tells.
func readToken(text string) sysToken {
	m := sysName.FindStringSubmatch(asciiDigits(text))
	if m == nil {
		return sysToken{}
	}
	start, err := time.Parse(sysLayout, m[1])
	if err != nil {
		return sysToken{}
	}
	t := sysToken{start: start}
	rest := m[2]
	for _, end := range []string{".tar.gz", ".tgz", ".tar", ".aar"} {
		rest = strings.TrimSuffix(rest, end)
	}
	if parts := strings.Split(rest, "_"); sysBuild.MatchString(parts[len(parts)-1]) {
		t.build = parts[len(parts)-1]
	}
	return t
}

// asciiDigits writes the decimal digits of all scripts as 0 to 9: some phones
// write dates with those of their language.
func asciiDigits(text string) string {
	return strings.Map(func(r rune) rune {
		if r < unicode.MaxASCII || !unicode.Is(unicode.Nd, r) {
			return r
		}
		// The digits of a script are ten code points in a row.
		for zero := r; zero > r-10; zero-- {
			if !unicode.Is(unicode.Nd, zero-1) {
				return '0' + (r-zero)%10
			}
		}
		return r
	}, text)
}

// find finds the instant of the capture: in the log of the collection, which
// names the folder it works in, else in the name of the archive.
func (c *capture) find() {
	c.name = readToken(c.called)
	log := string(textAt(c.s, sysDir+"/"+sysLog, maxSysText))
	found := sysToken{}
	for _, mark := range []string{"IN_PROGRESS_sysdiagnose_", "spindump_sysdiagnose_", "sysdiagnose_"} {
		for line := range strings.Lines(log) {
			i := strings.Index(line, mark)
			if i < 0 {
				continue
			}
			if found = readToken(line[i:]); !found.start.IsZero() {
				break
			}
		}
		if !found.start.IsZero() {
			break
		}
	}
	if log == "" {
		c.s.note("root-guessed", sysDir+"/"+sysLog, "the log of the collection is absent")
	}
	if found.start.IsZero() {
		if found = c.name; found.start.IsZero() {
			c.s.note("capture-unknown", sysDir+"/"+sysLog, "neither the log nor the name tells when the capture began")
			return
		}
		c.s.note("capture-unknown", sysDir+"/"+sysLog, "the log does not tell when the capture began: %s is from the name, which anyone can change", found.start.Format(time.RFC3339))
	}
	c.start = found.start
	c.s.Device.Captured, c.s.Device.Acquired = found.start.Format(time.RFC3339), utc(found.start)
	c.s.Device.Build = found.build
}

// device finds out which phone it is.
func (c *capture) device() {
	d := &c.s.Device
	fromName := d.Build
	props := remoteProperties(textAt(c.s, sysDir+"/remotectl_dumpstate.txt", maxSysText))
	version := listAt(c.s, sysDir+"/logs/SystemVersion/SystemVersion.plist")
	tree := textAt(c.s, sysDir+"/ioreg/IODeviceTree.txt", maxSysText)
	first := func(values ...string) string {
		for _, v := range values {
			if v != "" {
				return oneLine(v)
			}
		}
		return ""
	}
	d.Serial = first(props["SerialNumber"], match(treeSerial, tree))
	d.UDID = first(props["UniqueDeviceID"])
	d.Model = first(props["ProductType"], match(treeModel, tree))
	d.Version = first(props["OSVersion"], listText(version.Get("ProductVersion")))
	head, _, _ := strings.Cut(string(textAt(c.s, sysDir+"/"+c.report, maxSysHead)), "\n")
	crash := reportOS.FindStringSubmatch(head)
	if crash == nil {
		crash = make([]string, 3)
	}
	d.Version = first(d.Version, crash[1])
	d.Build = first(props["BuildVersion"], listText(version.Get("ProductBuildVersion")), fromName, crash[2])
	c.differs("SystemVersion.plist", listText(version.Get("ProductBuildVersion")))
	c.differs("the first crash report", crash[2])
	c.differs("the log of the collection", fromName)
	c.differs("the name of the acquisition", c.name.build)
}

// differs notes another build of the system.
func (c *capture) differs(source, build string) {
	if build != "" && build != c.s.Device.Build {
		c.s.note("capture-differs", "", "%s says build %.50q, the device %.50q", source, build, c.s.Device.Build)
	}
}

// reportOS is the system in the first line of a crash report, which is JSON.
var reportOS = regexp.MustCompile(`"os_version"\s*:\s*"[^"(]*?([\d.]+) \((\w{1,20})\)"`)

var (
	treeSerial = regexp.MustCompile(`"IOPlatformSerialNumber" = "([^"]{1,100})"`)
	treeModel  = regexp.MustCompile(`"model" = <"([^"]{1,100})">`)
)

func match(re *regexp.Regexp, text []byte) string {
	if m := re.FindSubmatch(text); m != nil {
		return string(m[1])
	}
	return ""
}

// remoteProperties reads the properties of the phone itself from the dump of
// remotectl: a tree by indentation, in which its block is "Local device".
func remoteProperties(text []byte) map[string]string {
	props := make(map[string]string)
	local := false
	for raw := range bytes.Lines(text) {
		line := strings.TrimRight(string(raw), "\r\n")
		key := strings.TrimSpace(line)
		if line != "" && line[0] != '\t' && line[0] != ' ' && key != "}" {
			local = strings.HasPrefix(line, "Local device")
			continue
		}
		if !local {
			continue
		}
		name, value, ok := strings.Cut(key, " => ")
		if !ok {
			name, value, ok = strings.Cut(key, ": ")
		}
		if value = strings.Trim(value, `" ;`); ok && props[name] == "" && value != "{" {
			props[name] = value
		}
	}
	return props
}

var (
	spindumpDate = regexp.MustCompile(`(?m)^Date/Time:\s+(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)(?:\.\d+)? ([+-]\d{4})`)
	spindumpOS   = regexp.MustCompile(`(?m)^OS Version:[^(\n]*\((?:Build )?(\w+)\)`)
)

// check compares the instant and the system with other files. A difference is
// for people to explain, and nothing is changed because of it.
func (c *capture) check() {
	if c.start.IsZero() {
		return
	}
	if c.name.start.IsZero() {
		// The archive was renamed.
	} else if !c.name.start.Equal(c.start) || offsetOf(c.name.start) != offsetOf(c.start) {
		c.s.note("capture-differs", "", "the name says %s, the log %s", c.name.start.Format(time.RFC3339), c.start.Format(time.RFC3339))
	}
	dump := []byte(asciiDigits(string(textAt(c.s, sysDir+"/spindump-nosymbols.txt", maxSysHead))))
	if m := spindumpDate.FindSubmatch(dump); m != nil {
		if t, err := time.Parse("2006-01-02 15:04:05 -0700", string(m[1])+" "+string(m[2])); err == nil {
			c.near("spindump", t, true)
		}
	}
	c.differs("spindump", match(spindumpOS, dump))
	info := listAt(c.s, sysDir+"/system_logs.logarchive/Info.plist")
	if ns := info.Get("EndTimeRef").Get("WallTime").Int(); ns > 0 {
		c.near("the log archive", time.Unix(0, ns).UTC(), false)
	}
}

func offsetOf(t time.Time) int {
	_, offset := t.Zone()
	return offset
}

// near notes an instant that is far from that of the capture, or has another
// offset.
func (c *capture) near(source string, t time.Time, zoned bool) {
	if d := t.Sub(c.start).Abs(); d > captureSlop {
		c.s.note("capture-differs", "", "%s says %s, the capture began %s", source, t.Format(time.RFC3339), c.start.Format(time.RFC3339))
	}
	if zoned && offsetOf(t) != offsetOf(c.start) {
		c.s.note("capture-differs", "", "%s has the offset %s, the capture %s", source, t.Format("-07:00"), c.start.Format("-07:00"))
	}
}

// internalFiles are written by Apple's own builds only, as far as is known of
// the collector.
var internalFiles = []string{
	"lsof.txt", "lsof_parsable.txt", "lsmp.txt", "lskq.txt", "IOSDebug.txt", "nvram.txt", "sw_vers.txt", "darwinup.txt", "gestalt_query.txt",
	"dastool.txt", "accounts_list.txt", "accctl.txt", "mbtool.txt", "lock_state.txt", "homeutil_dump_all.txt", "mediaremote.txt", "apsclient.txt",
	"diskutil_list.txt", "osvariantutil_status.txt", "logs/profilectl_list.txt", "logs/launchd/launchd.log", "logs/system/system.log",
}

// internal notes files that no phone of a customer writes.
func (c *capture) internal() {
	var found []string
	for _, name := range internalFiles {
		f, err := c.s.Open(sysDir + "/" + name)
		if err != nil {
			continue
		}
		if info, err := f.Stat(); err == nil && info.Mode().IsRegular() {
			found = append(found, name)
		}
		f.Close()
	}
	if len(found) > 0 {
		c.s.Notes = append(c.s.Notes, Note{Code: "internal-files", Path: found[0], Detail: fmt.Sprintf("files that are not expected of a phone as sold: %q", found), Count: int64(len(found))})
	}
}
