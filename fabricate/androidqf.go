package fabricate

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"filippo.io/age"

	"github.com/vigie-project/vigie/detect"
)

// What [Make] names an AndroidQF acquisition.
const (
	QFDir = "androidqf"
	QFZip = "androidqf.zip"
	QFAge = "androidqf.zip.age"
)

// A qfFile is one file of an AndroidQF acquisition.
type qfFile struct {
	name string
	data []byte
}

// qf makes an AndroidQF acquisition.
func (d *droid) qf(dir string) (string, error) {
	list := []qfFile{
		{"acquisition.json", d.qfRecord()}, {"adb_host_key.pub", []byte(hostKey(1) + " examiner@desk\n")}, {"getprop.txt", []byte(d.properties())},
		{"packages.json", d.qfPackages()}, {"files.json", d.qfFiles()}, {"processes.json", d.qfProcesses()}, {"processes.txt", []byte(d.processTable())},
		{"root_binaries.json", d.qfRootBinaries()}, {"mounts.json", d.qfMounts()}, {"selinux.txt", []byte("Enforcing\n")}, {"env.txt", []byte(qfEnv)},
		{"services.txt", []byte(d.qfServices())}, {"logcat.txt", []byte(d.logcat(false))}, {"logcat_old.txt", []byte(d.logcat(true))},
	}
	for _, space := range []string{"system", "secure", "global"} {
		list = append(list, qfFile{"settings_" + space + ".txt", []byte(d.settingsList(space))})
	}
	for i := range d.apps {
		if a := &d.apps[i]; a.apk != nil {
			list = append(list, qfFile{"apks/" + a.name + "_base.apk", a.apk})
		}
	}
	d.found("qf-apk", "android.apks", spyApp, detect.Confirmed, "a copy of the app", 0)
	list = append(list, qfFile{"logs/data/anr/anr_2026-03-10-08-15-30-120", []byte(d.anr())}, qfFile{"tmp/notes.txt", []byte("shopping\n")},
		qfFile{"intrusion_logs/2026-03-13.txt", d.intrusionText()})
	var b bytes.Buffer
	if err := d.writeDumpsys(&b); err != nil {
		return "", err
	}
	list = append(list, qfFile{"dumpsys.txt", bytes.Clone(b.Bytes())})
	b.Reset()
	if err := d.writeBugreport(&b); err != nil {
		return "", err
	}
	list = append(list, qfFile{"bugreport.zip", bytes.Clone(b.Bytes())})
	b.Reset()
	if err := d.writeAB(&b); err != nil {
		return "", err
	}
	list = append(list, qfFile{"backup.ab", b.Bytes()})
	list = append(list, qfFile{"hashes.csv", qfHashes(list)}, qfFile{"command.log", []byte("DEBUG: 2026/03/14 10:26:53 Started\n")})
	d.found("qf-hashes", "android.hashes", d.find(spyApp).sha256(), detect.Confirmed, "the digest of the app, in the list of digests", 0)
	return d.packQF(dir, list)
}

// packQF writes the files of an AndroidQF acquisition as the options say.
func (d *droid) packQF(dir string, list []qfFile) (string, error) {
	if !d.opt.Zip && !d.opt.Age {
		path := filepath.Join(dir, QFDir)
		for _, f := range list {
			name := filepath.Join(path, filepath.FromSlash(f.name))
			if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
				return "", err
			}
			if err := create(name, func(w io.Writer) error { _, err := w.Write(f.data); return err }); err != nil {
				return "", err
			}
		}
		return path, nil
	}
	pack := func(w io.Writer) error {
		z := zip.NewWriter(w)
		for _, f := range list {
			if err := zipFile(z, f.name, d.now, f.data); err != nil {
				return err
			}
		}
		return z.Close()
	}
	if !d.opt.Age {
		path := filepath.Join(dir, QFZip)
		return path, create(path, pack)
	}
	path := filepath.Join(dir, QFAge)
	id, err := age.GenerateX25519Identity()
	if err != nil {
		return "", fmt.Errorf("make identity: %w", err)
	}
	if err := create(path, func(w io.Writer) error {
		sealed, err := age.Encrypt(w, id.Recipient())
		if err != nil {
			return err
		}
		if err := pack(sealed); err != nil {
			return err
		}
		return sealed.Close()
	}); err != nil {
		return "", err
	}
	return path, create(filepath.Join(dir, IdentityFile), func(w io.Writer) error {
		_, err := fmt.Fprintf(w, "# public key: %s\n%s\n", id.Recipient(), id)
		return err
	})
}

// zipFile writes one file into a zip, with a time.
func zipFile(z *zip.Writer, name string, modified time.Time, data []byte) error {
	w, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate, Modified: modified})
	if err != nil {
		return err
	}
	_, err = w.Write(data)
	return err
}

// indented returns a value as AndroidQF writes it.
func indented(v any, indent string) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", indent)
	_ = e.Encode(v) // only values that can be encoded
	return b.Bytes()
}

func (d *droid) uuid() string {
	b := random(d.rnd, 16)
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

func (d *droid) qfRecord() []byte {
	id := d.uuid()
	return indented(struct {
		UUID      string         `json:"uuid"`
		Version   string         `json:"androidqf_version"`
		Storage   string         `json:"storage_path"`
		Started   time.Time      `json:"started"`
		Completed time.Time      `json:"completed"`
		Collector map[string]any `json:"collector"`
		TmpDir    string         `json:"tmp_dir"`
		SDCard    string         `json:"sdcard"`
		CPU       string         `json:"cpu"`
		Streaming bool           `json:"streaming_mode"`
		Key       string         `json:"adb_host_public_key"`
	}{id, "v1.9.0", id, d.ago(0.6), d.now, map[string]any{"ExePath": "/data/local/tmp/collector", "Installed": false, "Architecture": "arm64-v8a",
		"Adb": map[string]any{"ExePath": "/usr/bin/adb", "Serial": ""}}, "/data/local/tmp/", "/sdcard/", "arm64-v8a", false, hostKey(1) + " examiner@desk"}, " ")
}

func (d *droid) qfPackages() []byte {
	type certificate struct {
		Md5, Sha1, Sha256  string
		ValidFrom, ValidTo time.Time
		Issuer, Subject    string
		SignatureAlgorithm string
		SerialNumber       any
	}
	type file struct {
		Path        string      `json:"path"`
		LocalName   string      `json:"local_name"`
		MD5         string      `json:"md5"`
		SHA1        string      `json:"sha1"`
		SHA256      string      `json:"sha256"`
		SHA512      string      `json:"sha512"`
		Error       string      `json:"error"`
		Verified    bool        `json:"verified_certificate"`
		Certificate certificate `json:"certificate"`
		CertError   string      `json:"certificate_error"`
		Trusted     bool        `json:"trusted_certificate"`
	}
	type pkg struct {
		Name       string `json:"name"`
		Files      []file `json:"files"`
		Installer  string `json:"installer"`
		UID        int    `json:"uid"`
		Disabled   bool   `json:"disabled"`
		System     bool   `json:"system"`
		ThirdParty bool   `json:"third_party"`
	}
	var list []pkg
	for i := range d.apps {
		a := &d.apps[i]
		p := pkg{Name: a.name, Files: []file{}, Installer: a.installerOr("null"), UID: a.uid, Disabled: a.disabled, System: a.system, ThirdParty: !a.system}
		if !a.removed {
			c := certificate{Sha256: a.signer, ValidFrom: d.ago(24 * 365), ValidTo: d.ago(-24 * 365 * 20), Issuer: "CN=Example", Subject: "CN=Example",
				SignatureAlgorithm: "SHA256-RSA", SerialNumber: 1234567890 + i}
			p.Files = append(p.Files, file{Path: a.path() + "/base.apk", SHA256: a.sha256(), Verified: true, Certificate: c})
		}
		list = append(list, p)
	}
	d.appTraps()
	d.found("qf-package", "android.packages", spyApp, detect.Confirmed, "the package, by its name", 0)
	d.found("qf-certificate", "android.packages", d.spy.sha256(), detect.Confirmed, "the package, by the certificate of its signer", 0)
	d.found("qf-file-digest", "android.packages", d.find(spyApp).sha256(), detect.Confirmed, "the package, by the digest of its file", 0)
	return indented(list, "    ")
}

func qfHashes(list []qfFile) []byte {
	var t text
	for _, f := range list {
		t.line("%s,%s", f.name, hexSHA256(f.data))
	}
	return []byte(t.String())
}

func (d *droid) qfRootBinaries() []byte {
	list := []string{"/system/xbin/busybox\n/vendor/bin/busybox"}
	d.trap("vendor-busybox", "/system/xbin/busybox", "a busybox that the vendor ships, found twice")
	if !d.opt.Benign {
		list = append(list, spyFolder+"/su\n")
		d.found("qf-su", "android.rootbinaries", spyFolder+"/su", detect.Strong, "a su in the folder of the spyware", 0)
		d.ruled("qf-root-program", "android.rootbinaries", spyFolder+"/su", detect.NeedsExpert, "a program that gives root")
	}
	return indented(list, "    ")
}

func (d *droid) qfMounts() []byte {
	d.trap("mount-noatime", "/vendor_dlkm", "a part of the system that is mounted with noatime, read-only")
	return indented([]string{
		"/dev/block/dm-5 on / type erofs (ro,seclabel,relatime)", "/dev/block/dm-6 on /product type erofs (ro,seclabel,noatime)",
		"/dev/block/dm-7 on /vendor type erofs (ro,seclabel,relatime)", "/dev/block/dm-8 on /vendor_dlkm type ext4 (ro,seclabel,noatime)",
		"tmpfs on /dev type tmpfs (rw,seclabel,nosuid,relatime,mode=755)", "/dev/block/dm-40 on /data type f2fs (rw,lazytime,seclabel,nosuid,nodev,noatime)",
		"/dev/block/dm-7 /vendor erofs ro,seclabel,relatime 0 0", "/dev/fuse /storage/emulated fuse rw,lazytime,nosuid,nodev,noexec,noatime 0 0",
	}, "    ")
}

const qfEnv = "PATH=/product/bin:/apex/com.android.runtime/bin:/apex/com.android.art/bin:/system_ext/bin:/system/bin:/system/xbin:/odm/bin:/vendor/bin\n" +
	"HOSTNAME=rocket\nANDROID_ROOT=/system\nANDROID_DATA=/data\nEXTERNAL_STORAGE=/sdcard\nTMPDIR=/data/local/tmp\nSHELL=/bin/sh\nUSER=shell\n"

// qfServices lists the services of the system.
func (d *droid) qfServices() string {
	names := strings.Fields("accessibility account activity adb alarm appops batterystats dbinfo device_policy dropbox netstats notification package platform_compat settings usagestats wifi")
	var t text
	t.line("Found %d services:", len(names))
	for i, name := range names {
		t.line("%d\t%s: [android.os.I%s]", i, name, name)
	}
	return t.String()
}
