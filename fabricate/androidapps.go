package fabricate

import (
	"fmt"
	"strings"
)

// An app is a package of an Android phone.
type app struct {
	name      string
	installer string // "" if none is known
	origin    string // who handed over the file
	source    int    // packageSource of Android 13 and later
	id        int    // app ID
	uid       int    // as pm prints it; 0 where it printed several
	system    bool   // on the image of the system
	updated   bool   // and updated since
	disabled  bool
	removed   bool     // its data was kept
	signer    string   // SHA-256 of the certificate, hexadecimal
	apk       []byte   // nil for an app of which there is no copy
	version   int      // version code
	hours     float64  // since it was installed
	grants    []string // permissions granted at run time, without "android.permission."
	receives  []string // actions of broadcasts
}

const (
	play  = "com.android.vending"
	files = "com.google.android.packageinstaller"
)

// installApps gives the phone its apps.
func (d *droid) installApps() {
	for _, name := range strings.Fields(`com.android.systemui com.android.settings com.android.phone com.android.shell com.android.providers.telephony
		com.google.android.gms com.android.vending com.google.android.packageinstaller com.google.android.apps.messaging com.google.android.inputmethod.latin
		com.google.android.webview com.example.vendor.camera`) {
		d.install(app{name: name, system: true, signer: hexSHA256([]byte("signer of the system"))})
	}
	for i, name := range strings.Fields(`com.example.mail com.example.weather com.example.maps com.example.bank com.example.game com.example.notes
		com.example.radio com.example.transit com.example.chat com.example.fitness`) {
		d.install(app{name: name, installer: play, source: 2, signer: hexSHA256([]byte("signer of " + name)), version: 100 + i, grants: []string{"ACCESS_COARSE_LOCATION", "CAMERA"}[:i%3]})
	}
	d.install(app{name: "com.android.chrome", system: true, updated: true, installer: play, source: 2,
		signer: "f0fd6c5b410f25cb25c3b53346c8972fae30f8ee7411df910480ad6b2d60db83", version: 6000, grants: []string{"CAMERA", "RECORD_AUDIO", "ACCESS_FINE_LOCATION"}})
	d.install(app{name: "org.thoughtcrime.securesms", installer: play, source: 2, version: 1400, receives: []string{"android.intent.action.BOOT_COMPLETED"},
		signer: "29f34e5f27f211b424bc5bf9d67162c0eafba2da35af35c16416fc446276ba26", grants: []string{"RECORD_AUDIO", "CAMERA", "READ_CONTACTS"}})
	d.trapApps()
	if !d.opt.Benign {
		d.install(app{name: spyApp, installer: files, origin: "com.android.chrome", source: 4, signer: d.spy.sha256(), apk: d.spy.apk(spyApp, spyVersion),
			version: spyVersion, hours: spyInstalled, receives: []string{"android.provider.Telephony.SMS_RECEIVED", "android.intent.action.BOOT_COMPLETED", "android.intent.action.PHONE_STATE"},
			grants: []string{"RECORD_AUDIO", "CAMERA", "ACCESS_FINE_LOCATION", "ACCESS_BACKGROUND_LOCATION", "READ_SMS", "RECEIVE_SMS", "READ_CONTACTS", "READ_CALL_LOG", "READ_CALENDAR", "READ_PHONE_STATE", "ACCESS_COARSE_LOCATION"}})
	}
}

// trapApps installs what is known to be mistaken for a trace.
func (d *droid) trapApps() {
	d.install(app{name: spyApp + "s.birds", installer: play, source: 2, signer: d.other.sha256(), apk: d.other.apk(spyApp+"s.birds", 12), version: 12})
	d.install(app{name: "com.example.vendor.gallery", system: true, updated: true, installer: files, version: 8, signer: hexSHA256([]byte("signer of the vendor"))})
	d.install(app{name: "com.example.vendor.clock", system: true, signer: hexSHA256([]byte("signer of the vendor"))})
	d.install(app{name: "com.example.operator", signer: hexSHA256([]byte("signer of the operator"))})
	d.install(app{name: "org.example.podcasts", installer: "org.fdroid.fdroid", source: 2, version: 31, signer: hexSHA256([]byte("signer of the store"))})
	d.install(app{name: "com.example.chat.clone", installer: play, source: 2, version: 4, signer: hexSHA256([]byte("signer of com.example.chat"))})
	d.apps[len(d.apps)-1].uid = 0
	d.install(app{name: "com.example.vendor.gone", system: true, removed: true})
}

// appTraps notes those of them, where the list of packages is written.
func (d *droid) appTraps() {
	d.trap("app-named-alike", spyApp+"s.birds", "an app of the store whose name begins like that of the spyware")
	d.trap("system-app-from-file", "com.example.vendor.gallery", "an app of the system that was updated from a file")
	d.trap("system-app-without-installer", "com.example.vendor.clock", "an app of the system without installer")
	d.trap("operator-app", "com.example.operator", "an app of the operator without installer that is not part of the system")
	d.trap("other-store", "org.example.podcasts", "an app of another store")
	d.trap("several-users", "com.example.chat.clone", "an app of two users, whose user ID pm printed in a form that became 0")
	d.trap("removed-app", "com.example.vendor.gone", "an app of the vendor that was removed and left data")
}

func (d *droid) install(a app) {
	a.id = 10050 + len(d.apps)
	if a.system && strings.HasPrefix(a.name, "com.android.") {
		a.id = map[string]int{"com.android.settings": 1000, "com.android.phone": 1001, "com.android.providers.telephony": 1001, "com.android.shell": 2000}[a.name]
		if a.id == 0 {
			a.id = 10050 + len(d.apps)
		}
	}
	a.uid = a.id
	if a.version == 0 {
		a.version = d.sdk
	}
	if a.hours == 0 {
		a.hours = 24 * float64(90+d.rnd.IntN(40))
	}
	d.apps = append(d.apps, a)
}

// path returns the path of the code of an app.
func (a *app) path() string {
	if a.system && !a.updated {
		return "/system/app/" + a.name[strings.LastIndexByte(a.name, '.')+1:]
	}
	sum := hexSHA256([]byte(a.name))
	return fmt.Sprintf("/data/app/~~%s==/%s-%s==", sum[:22], a.name, sum[22:44])
}

// sha256 returns the digest of the file of the app.
func (a *app) sha256() string {
	if a.apk != nil {
		return hexSHA256(a.apk)
	}
	return hexSHA256([]byte("file of " + a.name))
}

// uidName returns the user of processes of the app: "u0_a123".
func (a *app) uidName() string {
	if a.id < 10000 {
		return map[int]string{1000: "system", 1001: "radio", 2000: "shell"}[a.id]
	}
	return fmt.Sprintf("u0_a%d", a.id-10000)
}

// opsUID returns the same as the services of the system print it: "u0a123".
func (a *app) opsUID() string {
	if a.id < 10000 {
		return fmt.Sprint(a.id)
	}
	return fmt.Sprintf("u0a%d", a.id-10000)
}

// find returns an app that is installed, the first one if there is none of the name.
func (d *droid) find(name string) *app {
	for i := range d.apps {
		if d.apps[i].name == name {
			return &d.apps[i]
		}
	}
	return &d.apps[0]
}

// installerOr returns the installer, or a word for none.
func (a *app) installerOr(none string) string {
	if a.installer == "" {
		return none
	}
	return a.installer
}
