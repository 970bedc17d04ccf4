package fabricate

import (
	"archive/zip"
	"bytes"
	"cmp"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/vigie-project/vigie/detect"
)

// IntrusionDir is the name of a folder of intrusion logs that is made.
const IntrusionDir = "Intrusion Logging"

// intrusionLog makes intrusion logs: one text for each day, or the zip of them
// that the phone makes.
func (d *droid) intrusionLog(dir string) (string, error) {
	days := d.intrusionDays()
	if d.opt.Zip {
		path := filepath.Join(dir, "Rocket_"+wall(d.now, "20060102")+".zip")
		return path, create(path, func(w io.Writer) error {
			z := zip.NewWriter(w)
			for _, f := range days {
				if err := zipFile(z, f.name, d.now, f.data); err != nil {
					return err
				}
			}
			return z.Close()
		})
	}
	path := filepath.Join(dir, IntrusionDir)
	if err := os.MkdirAll(path, 0o700); err != nil {
		return "", err
	}
	for _, f := range days {
		if err := create(filepath.Join(path, f.name), func(w io.Writer) error { _, err := w.Write(f.data); return err }); err != nil {
			return "", err
		}
	}
	return path, nil
}

// intrusionText returns all events in one text, beside the list of packages that
// says where the apps lie.
func (d *droid) intrusionText() []byte {
	d.ruled("event-privileged", "android.intrusion", spyApp+":shell", detect.NeedsExpert, "a process of the app with the rights of the system")
	var b bytes.Buffer
	for _, f := range d.intrusionDays() {
		b.Write(f.data)
	}
	return b.Bytes()
}

// An event is a line of an intrusion log, without its number.
type event struct {
	at   time.Time
	line string // with %d for the number
}

// intrusionDays are the events by day, in their order.
func (d *droid) intrusionDays() []qfFile {
	events := append(d.ordinaryEvents(), d.eventTraps()...)
	if !d.opt.Benign {
		events = append(events, d.spyEvents()...)
	}
	slices.SortStableFunc(events, func(a, b event) int { return cmp.Compare(a.at.UnixNano(), b.at.UnixNano()) })
	var list []qfFile
	for i, e := range events {
		name := wall(e.at, time.DateOnly) + ".txt"
		if len(list) == 0 || list[len(list)-1].name != name {
			list = append(list, qfFile{name: name})
		}
		f := &list[len(list)-1]
		f.data = append(fmt.Appendf(f.data, e.line, i+1), '\n')
	}
	return list
}

// dnsEvent is a name that an app had resolved; times are in milliseconds.
func dnsEvent(at time.Time, app, host string, addresses ...string) event {
	quoted := make([]string, len(addresses))
	for i, a := range addresses {
		quoted[i] = `"/` + a + `"`
	}
	return event{at, fmt.Sprintf(`{"dns_event":{"event_id":%%d,"event_time":%d,"package_name":%q,"hostname":%q,"ip_addresses":[%s],"ip_addresses_count":%d}}`, at.UnixMilli(), app, host, strings.Join(quoted, ","), len(addresses))}
}

func connectEvent(at time.Time, app, address string, port int) event {
	return event{at, fmt.Sprintf(`{"connect_event":{"event_id":%%d,"event_time":%d,"package_name":%q,"ip_address":%q,"port":%d}}`, at.UnixMilli(), app, address, port)}
}

// securityEvent is any other; times are in nanoseconds. The value is JSON.
func securityEvent(at time.Time, tag, value string) event {
	return event{at, fmt.Sprintf(`{"security_event":{"event_id":%%d,"event_time":%d,%q:%s}}`, at.UnixNano(), tag, strings.ReplaceAll(value, "%", "%%"))}
}

// ordinaryEvents are as many as the options ask for, over thirty days.
func (d *droid) ordinaryEvents() []event {
	rnd := rand.New(rand.NewPCG(d.opt.Seed, 0x696c))
	list := make([]event, 0, d.opt.Events)
	for i := range d.opt.Events {
		at := d.ago(720 * float64(d.opt.Events-i) / float64(d.opt.Events+1)).Add(time.Duration(rnd.IntN(1000)) * time.Millisecond)
		a := &d.apps[12+rnd.IntN(10)] // the ordinary ones
		host := fmt.Sprintf("cdn%d.%s.example", rnd.IntN(50), a.name[strings.LastIndexByte(a.name, '.')+1:])
		address := fmt.Sprintf("198.51.100.%d", 1+rnd.IntN(250))
		switch i % 8 {
		case 0, 1, 2:
			list = append(list, dnsEvent(at, a.name, host, address, fmt.Sprintf("2001:db8::%x", rnd.IntN(65535)+1)))
		case 3, 4, 5:
			list = append(list, connectEvent(at, a.name, "/"+address, 443))
		case 6:
			list = append(list, securityEvent(at, "app_process_start", fmt.Sprintf(`{"process":%q,"uid":%d,"pid":%d,"seinfo":"default:targetSdkVersion=%d:complete","sha256":%q}`, a.name, a.id, 3000+rnd.IntN(9000), d.sdk, a.sha256())))
		default:
			list = append(list, securityEvent(at, []string{"keyguard_dismissed", "keyguard_secured", "wifi_connection"}[rnd.IntN(3)], `{}`))
		}
	}
	return list
}

// eventTraps are events that are harmless and look otherwise.
func (d *droid) eventTraps() []event {
	d.trap("event-address-alike", spyAddress+"7", "a connection to an address that has that of the spyware in its text")
	d.trap("event-key", "PinStorage_crossReboot_key", "a key that could not be made, as happens on all phones")
	d.trap("event-authority", "CN=Refused", "a certificate authority that was not installed")
	d.trap("event-local", "ip6-localhost", "a connection within the phone")
	return []event{
		connectEvent(d.ago(300), "com.example.mail", "/"+spyAddress+"7", 443), connectEvent(d.ago(299), "com.example.mail", "ip6-localhost/::1", 5037),
		securityEvent(d.ago(290), "key_generated", `{"success":false,"key_id":"PinStorage_crossReboot_key","uid":1001}`),
		securityEvent(d.ago(280), "cert_authority_installed", `{"success":false,"subject":"CN=Refused","user_id":0}`), securityEvent(d.ago(279), "crypto_self_test_completed", `1`),
		securityEvent(d.ago(200), "os_startup", `{"verified_boot_state":"green","dm_verity_mode":"enforcing"}`),
		securityEvent(d.ago(190), "keyguard_dismiss_auth_attempt", `{"success":false,"method_strength":1}`), securityEvent(d.ago(189.99), "keyguard_dismiss_auth_attempt", `{"success":true,"method_strength":1}`),
		securityEvent(d.ago(150), "package_updated", `{"package_name":"com.example.weather","version_code":101,"user_id":0}`),
	}
}

// spyEvents are the events of the spyware.
func (d *droid) spyEvents() []event {
	d.found("event-dns", "android.intrusion", spyHost, detect.Confirmed, "the host of the spyware, resolved", spyActive)
	d.found("event-connect", "android.intrusion", spyAddress, detect.Strong, "a connection to the address of the spyware", spyActive-0.01)
	d.found("event-process", "android.intrusion", spyApp+":core", detect.Confirmed, "a process of the app, started", spyActive+0.1)
	d.found("event-install", "android.intrusion", `"package_installed"`, detect.Confirmed, "the installation of the app", spyInstalled)
	d.found("event-push", "android.intrusion", spyFolder, detect.Strong, "a file that was copied into its folder over adb", spyRooted)
	d.ruled("event-changed", "android.intrusion", "com.example.loader", detect.NeedsExpert, "an app whose program changed without an installation")
	d.ruled("event-adb", "android.intrusion", spyFolder, detect.NeedsExpert, "a program that was made executable over adb")
	loader := func(hours float64, digest string) event {
		return securityEvent(d.ago(hours), "app_process_start", fmt.Sprintf(`{"process":"com.example.loader","uid":10099,"pid":6200,"seinfo":"default:targetSdkVersion=%d:complete","sha256":%q}`, d.sdk, strings.Repeat(digest, 32)))
	}
	return []event{
		dnsEvent(d.ago(spyActive), spyApp, spyHost, spyAddress), connectEvent(d.ago(spyActive-0.01), spyApp, "/"+spyAddress, 443),
		securityEvent(d.ago(spyActive+0.1), "app_process_start", fmt.Sprintf(`{"process":%q,"uid":%d,"pid":6100,"seinfo":"default:targetSdkVersion=%d:complete","sha256":%q}`, spyApp+":core", d.find(spyApp).id, d.sdk, d.find(spyApp).sha256())),
		securityEvent(d.ago(spyInstalled), "package_installed", fmt.Sprintf(`{"package_name":%q,"version_code":%d,"user_id":0}`, spyApp, spyVersion)),
		securityEvent(d.ago(spyActive+0.2), "app_process_start", fmt.Sprintf(`{"process":%q,"uid":%d,"pid":6102,"seinfo":"platform:privapp:targetSdkVersion=%d:complete","sha256":%q}`, spyApp+":shell", d.find(spyApp).id, d.sdk, d.find(spyApp).sha256())),
		loader(spyActive+4, "6a"), loader(spyActive+1, "9c"),
		securityEvent(d.ago(spyRooted), "adb_sync_send_file", fmt.Sprintf(`{"path":%q}`, spyFolder+"/"+spyProcess)),
		securityEvent(d.ago(spyRooted-0.02), "adb_shell_cmd", fmt.Sprintf(`{"command":%q}`, "chmod 755 "+spyFolder+"/"+spyProcess)),
	}
}
