package examination_test

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"io"
	"testing"
	"unicode/utf16"

	"filippo.io/age"
)

// A part is one file of an acquisition, or one member of an archive.
type part struct {
	name string
	data []byte
}

// The texts of a small acquisition of AndroidQF without any trace.
const (
	qfRecordText   = `{"uuid":"u","androidqf_version":"v1.9.0","started":"2031-02-03T09:20:30Z","completed":"2031-02-03T09:58:01Z","tmp_dir":"/data/local/tmp/"}`
	qfPropsText    = "[ro.build.version.release]: [14]\n[ro.product.model]: [Rocket]\n[ro.product.manufacturer]: [Acme]\n[persist.sys.timezone]: [Europe/Paris]\n"
	qfPackagesText = `[{"name":"com.example.notes","files":[],"installer":"com.android.vending","uid":10123,"disabled":false,"system":false,"third_party":true}]`
	qfFilesText    = `{"path":"/sdcard/a","size":36,"mode":"-rw-rw----","user_id":0,"user_name":"","group_id":1015,"group_name":"","changed_time":1550155672,"modified_time":1593109532,"access_time":1593109532,"error":"","context":"","sha1":"","sha256":"","sha512":"","md5":""}` + "\n"
	qfLogText      = "--------- beginning of main\n02-28 10:20:30.456  1000  1010 I PackageManager: Package com.example.app codePath changed from /data/app/a to /data/app/b\n" +
		"02-28 10:20:31.100  1234  1235 I Finsky  : [2] VerifyApps: verification requested, package com.example.app\n"
	qfSettingsText = "adb_enabled=0\nscreen_brightness=100\n"
	qfDumpsysText  = "Currently running services:\n  accessibility\n  appops\n-------------------------------------------------------------------------------\n" +
		"DUMP OF SERVICE appops:\nCurrent AppOps Service state:\n  Uid u0a123:\n    Package com.example.app:\n      CAMERA (allow): \n        null=[\n" +
		"          Access: [top-s] 2031-02-01 11:22:33.444 (-2d1h3m4s5ms) duration=+1m2s3ms\n        ]\n" +
		"--------- 0.002s was the duration of dumpsys appops, ending at: 2031-02-03 10:30:00\n"
	reportText = "========================================================\n== dumpstate: 2031-02-03 10:20:30\n========================================================\n\n" +
		"Build: XY1A.310203.001\nBuild fingerprint: 'acme/rocket/rocket:14/XY1A.310203.001/123:user/release-keys'\nUptime: up 3 days\n" +
		"------ SYSTEM PROPERTIES (getprop) ------\n[ro.product.model]: [Rocket]\n------ 0.01s was the duration of 'SYSTEM PROPERTIES' ------\n"
	crashText = "*** *** *** *** *** *** *** *** *** *** *** *** *** *** *** ***\nBuild fingerprint: 'acme/rocket/rocket:14/XY/1:user/release-keys'\nRevision: '0'\nABI: 'arm64'\n" +
		"Timestamp: 2031-02-01 12:32:40.518290770+0200\nProcess uptime: 12s\nCmdline: com.example.app\npid: 12554, tid: 12554, name: example.app  >>> com.example.app <<<\n" +
		"uid: 10123\nsignal 6 (SIGABRT), code -1 (SI_QUEUE), fault addr --------\nbacktrace:\n      #00 pc 0000000000001000  /apex/com.android.runtime/lib64/bionic/libc.so (abort+4)\n"
	eventText = `{"dns_event":{"event_id":41,"event_time":1893553445123,"package_name":"com.example.app","hostname":"cdn.example.net","ip_addresses":["/2001:db8::7"],"ip_addresses_count":1}}` + "\n"
	smsText   = `[{"address":"+33600000002","body":"ok","date":"1893553600000","date_sent":"0","status":"0","type":"2","recipients":["+33600000002"],"read":"1"}]`
	smsMember = "apps/com.android.providers.telephony/d_f/000000_sms_backup"
)

// lockedAB is a backup of which nobody has the password.
const lockedAB = "ANDROID BACKUP\n5\n0\nAES-256\n00\n00\n1\n00000000000000000000000000000000\n00000000000000000000000000000000\n"

// acquired returns the files of the acquisition.
func acquired(t testing.TB) []part {
	t.Helper()
	return []part{
		{"acquisition.json", []byte(qfRecordText)}, {"getprop.txt", []byte(qfPropsText)}, {"packages.json", []byte(qfPackagesText)}, {"files.json", []byte(qfFilesText)},
		{"logcat.txt", []byte(qfLogText)}, {"settings_secure.txt", []byte(qfSettingsText)}, {"dumpsys.txt", []byte(qfDumpsysText)},
		{"logs/data/tombstones/tombstone_00", []byte(crashText)}, {"backup.ab", backupOf(t, []part{{smsMember, deflated(t, smsText)}})},
		{"bugreport.zip", zipped(t, reported)}, {"intrusion_logs/2031-02-02.txt", []byte(eventText)},
	}
}

// reported are the members of the bug report.
var reported = []part{{"main_entry.txt", []byte("bugreport-rocket.txt")}, {"bugreport-rocket.txt", []byte(reportText)}, {"FS/data/tombstones/tombstone_01", []byte(crashText)}}

func deflated(t testing.TB, text string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zlib.NewWriter(&b)
	if _, err := io.WriteString(w, text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func zipped(t testing.TB, list []part) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, p := range list {
		w, err := z.Create(p.name)
		if err == nil {
			_, err = w.Write(p.data)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// backupOf returns a backup that is neither compressed nor encrypted.
func backupOf(t testing.TB, list []part) []byte {
	t.Helper()
	var b bytes.Buffer
	b.WriteString("ANDROID BACKUP\n5\n0\nnone\n")
	w := tar.NewWriter(&b)
	for _, p := range list {
		err := w.WriteHeader(&tar.Header{Name: p.name, Mode: 0o600, Size: int64(len(p.data)), Format: tar.FormatPAX})
		if err == nil {
			_, err = w.Write(p.data)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// sealed encrypts for somebody else.
func sealed(t testing.TB, data []byte) []byte {
	t.Helper()
	id, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	w, err := age.Encrypt(&b, id.Recipient())
	if err == nil {
		_, err = w.Write(data)
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// wide returns a text in UTF-16 with a byte order mark.
func wide(text string) []byte {
	b := []byte{0xff, 0xfe}
	for _, u := range utf16.Encode([]rune(text)) {
		b = binary.LittleEndian.AppendUint16(b, u)
	}
	return b
}
