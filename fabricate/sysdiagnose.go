package fabricate

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"path/filepath"
	"strings"
)

// sysdiagnoseName returns the name that iOS gives the archive, without its end.
func (h *handset) sysdiagnoseName() string {
	return "sysdiagnose_" + h.clock(h.now, "2006.01.02_15-04-05-0700") + "_iPhone-OS_iPhone_" + h.sys.Build
}

// sysdiagnose makes a sysdiagnose and returns its path.
func (h *handset) sysdiagnose(dir string) (string, error) {
	h.collection()
	h.lists()
	h.histories()
	h.reports()
	h.state()
	h.powerlog()
	h.logArchive()
	if h.err != nil {
		return "", h.err
	}
	form, name := h.opt.Form, h.sysdiagnoseName()
	path := filepath.Join(dir, name)
	if form == "" {
		form = FormTarGzip
	}
	if form != FormFolder {
		path += "." + form
	}
	s, err := newSink(form, path)
	if err != nil {
		return "", err
	}
	prefix := name + "/"
	if form == FormFolder {
		prefix = ""
	}
	err = h.write(s, prefix)
	if closed := s.close(); err == nil {
		err = closed
	}
	return path, err
}

// write writes all files, and what fills the acquisition.
func (h *handset) write(s sink, prefix string) error {
	for _, f := range h.files {
		f.name = prefix + f.name
		if err := s.add(f); err != nil {
			return err
		}
	}
	for i := range h.opt.Crashes {
		f := h.fillerReport(i)
		f.name = prefix + f.name
		if err := s.add(f); err != nil {
			return err
		}
	}
	for i := 0; i < h.opt.Files-len(h.files); i++ {
		f := h.fillerFile(i)
		f.name = prefix + f.name
		if err := s.add(f); err != nil {
			return err
		}
	}
	for i := 0; s.written() < int64(h.opt.Megabytes)<<20; i++ {
		f := h.fillerLog(i)
		f.name = prefix + f.name
		if err := s.add(f); err != nil {
			return err
		}
	}
	return h.err
}

// collection adds what the collection says about itself and the phone.
func (h *handset) collection() {
	at := h.clock(h.now, "2006-01-02 15:04:05")
	var t text
	t.line("%s sysdiagnose[333]: sysdiagnose version 3.0", at)
	t.line("Output directory: /private/var/db/sysdiagnose/com.apple.sysdiagnose/IN_PROGRESS_%s", h.sysdiagnoseName())
	h.put("sysdiagnose.log", "", 0, []byte(t.String()))
	h.put("taskSummary.csv", "", 0, []byte("Command,Exit description,Execution Time,Intended Timeout,MAX RSS (MB)\n/bin/ps,exited 0,0.21,20,3\n/usr/sbin/spindump,exited 0,4.5,60,41\n"))
	t = text{}
	t.line("Local device\n\tUUID: %s\n\tMessaging Protocol Version: 3\n\tProduct Type: %s\n\tOS Build: %s (%s)\n\tProperties: {\n\t\tAppleInternal => false\n\t\tSerialNumber => VIGIE%07d",
		uuidOf("device"), h.sys.Model, h.sys.Version, h.sys.Build, h.opt.Seed%10_000_000)
	t.line("\t\tUniqueDeviceID => 00008120-000000000000002E\n\t\tOSVersion => %s\n\t\tBuildVersion => %s\n\t\tProductType => %s\n\t}\n\tServices:\n\t\tcom.apple.osanalytics.logRelay\n", h.sys.Version, h.sys.Build, h.sys.Model)
	h.put("remotectl_dumpstate.txt", "", 0, []byte(t.String()))
	version := map[string]any{"ProductBuildVersion": h.sys.Build, "ProductName": "iPhone OS", "ProductVersion": h.sys.Version, "BuildID": uuidOf("build"), "SystemImageID": uuidOf("image")}
	h.putPlist("logs/SystemVersion/SystemVersion.plist", "System/Library/CoreServices/SystemVersion.plist", 5000, version)
}

// fillerFile returns a file that a phone has many of.
func (h *handset) fillerFile(i int) handsetFile {
	f := handsetFile{modified: h.ago(float64(i%9000) + 1)}
	switch i % 5 {
	case 0:
		f.name, f.data = fmt.Sprintf("private/var/mobile/Media/DCIM/%03dAPPLE/IMG_%07d.HEIC", 100+i/5000, i), []byte("ftypheic")
	case 1:
		f.name = fmt.Sprintf("private/var/mobile/Containers/Data/Application/%s/Library/Caches/images/%08x.jpg", uuidOf(fmt.Sprint("app", i%97)), i*2654435761%4294967291)
	case 2:
		f.name, f.mode = fmt.Sprintf("System/Library/Frameworks/Example%d.framework/Resources/part-%06d.bin", i%331, i), 0o444
	case 3:
		f.name = fmt.Sprintf("private/var/mobile/Containers/Shared/AppGroup/%s/Media/%d/%08d.opus", uuidOf(fmt.Sprint("group", i%31)), i%311, i)
	default:
		f.name = fmt.Sprintf("private/var/mobile/Library/Caches/com.apple.example%d/fsCachedData/%08d", i%53, i)
	}
	if h.kind == Sysdiagnose {
		f.name = "Preferences/" + strings.ReplaceAll(f.name, "/", "_") + ".txt"
	}
	return f
}

// fillerLog returns a file that makes an acquisition large: old power logs, samples
// that hardly get smaller, and some text, as in real ones.
func (h *handset) fillerLog(i int) handsetFile {
	f := handsetFile{modified: h.ago(float64(i%100) + 1)}
	switch i % 8 {
	case 0:
		f.name, f.data = fmt.Sprintf("logs/MobileInstallation/mobile_installation.log.%d", i/8+1), h.fillerText(1<<20, "Mon Jan _2 15:04:05 2006", " [301] <notice> (0x16e000000) -[MIInstaller example]: Checked ")
	case 1:
		f.name, f.data = fmt.Sprintf("logs/MobileLockdown/lockdownd.log.%d", i/8+1), h.fillerText(1<<20, "01/02/06 15:04:05", ".000123 pid=71 main: nothing ")
	case 2:
		f.name, f.data = fmt.Sprintf("WiFi/wifi-example-%d.log", i), h.fillerText(8<<20, "2006-01-02 15:04:05", " wifid: scan ")
	case 3:
		f.name = fmt.Sprintf("logs/powerlogs/powerlog_%s_%d.PLSQL.gz", h.clock(h.ago(float64(24*(i/8+6))), "2006-01-02"), i)
		data, err := h.powerlogDatabase(float64(24*(i/8+6)), 20_000).bytes()
		if err == nil {
			data, err = gzipped(data)
		}
		f.data = data
		if err != nil {
			h.fail(err)
		}
	default:
		f.name, f.data = fmt.Sprintf("microstackshots.%d", i), random(h.rnd, 8<<20)
	}
	if h.kind == Filesystem {
		f.name = "private/var/log/filler/" + f.name
	}
	return f
}

// fillerText returns lines of a log.
func (h *handset) fillerText(size int, stamp, message string) []byte {
	var b bytes.Buffer
	for at := h.ago(4000); b.Len() < size; at = at.Add(61e9) {
		fmt.Fprintf(&b, "%s%s%016x%016x\n", h.clock(at, stamp), message, h.rnd.Uint64(), h.rnd.Uint64())
	}
	return b.Bytes()
}

// gzipped compresses a file as the phone does with old databases.
func gzipped(data []byte) ([]byte, error) {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write(data); err != nil {
		return nil, err
	}
	err := z.Close()
	return b.Bytes(), err
}
