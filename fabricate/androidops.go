package fabricate

import (
	"fmt"
	"strings"

	"github.com/vigie-project/vigie/detect"
)

// An opUse is the last use of an operation by an app.
type opUse struct {
	app, op, mode, state string
	hours, minutes       float64 // before the acquisition; how long
}

// appops is the dump of the operations of apps, in the form of the version:
// before Android 10 on one line, with times before the dump, in 10 with dates, and
// since 11 by attribution tag.
func (d *droid) appops() string {
	uses := []opUse{
		{"com.android.phone", "MANAGE_IPSEC_TUNNELS", "allow", "", 0, 0}, {"com.android.shell", "READ_CALL_LOG", "allow", "", 0, 0}, {"com.android.shell", "READ_CLIPBOARD", "allow", "fg", 0.3, 0},
		{"com.android.chrome", "REQUEST_INSTALL_PACKAGES", "default", "", 0, 0}, {"com.android.chrome", "CAMERA", "allow", "top", 300, 0.5},
		{"org.thoughtcrime.securesms", "RECORD_AUDIO", "allow", "top", 50, 12}, {"com.example.maps", "FINE_LOCATION", "foreground", "top", 8, 3},
	}
	d.trap("shell-operations", "com.android.shell", "operations of the shell that the acquisition causes itself")
	d.trap("browser-installs", "REQUEST_INSTALL_PACKAGES", "a browser that may ask to install apps, and never did")
	if !d.opt.Benign {
		uses = append(uses, opUse{spyApp, "RECORD_AUDIO", "allow", "bg", spyActive, 42}, opUse{spyApp, "CAMERA", "allow", "bg", spyActive + 3, 0.1}, opUse{spyApp, "READ_SMS", "allow", "cch", spyActive + 1, 0})
		hours := 0.0
		if d.opt.Android >= 10 {
			hours = spyActive
		}
		d.found("appop", "android.appops", `"op":"RECORD_AUDIO"`, detect.Confirmed, "the microphone, used in the background", hours)
		if hours > 0 {
			d.ruled("appop-background", "android.appops", `"op":"RECORD_AUDIO"`, detect.NeedsExpert, "an app that records in the background")
		}
	}
	var t text
	t.line("Current AppOps Service state:")
	if d.opt.Android >= 10 {
		t.line("  Settings:\n    top_state_settle_time=+5s0ms\n  Op mode watchers:\n    Op COARSE_LOCATION:\n      #0: ModeCallback{402f1f5 watchinguid=-1 flags=0x1 from uid=u0a82 pid=3033}\n")
	}
	t.line("  Uid 0:\n    state=pers\n      LEGACY_STORAGE: mode=%s", d.mode("ignore"))
	for i, u := range uses {
		if a := d.find(u.app); i == 0 || uses[i-1].app != u.app {
			t.line("  Uid %s:", a.opsUID())
			if d.opt.Android >= 10 {
				t.line("    state=cch\n    capability=----")
			}
			t.line("    Package %s:", u.app)
		}
		d.opUse(&t, u)
	}
	t.line("")
	return t.String()
}

// mode returns a mode as the version prints it: as a number in Android 8.
func (d *droid) mode(name string) string {
	if d.opt.Android < 9 {
		return map[string]string{"allow": "0", "ignore": "1", "deny": "2", "default": "3", "foreground": "4"}[name]
	}
	return name
}

func (d *droid) opUse(t *text, u opUse) {
	length := u.minutes / 60
	if d.opt.Android < 10 {
		s := fmt.Sprintf("      %s: mode=%s", u.op, d.mode(u.mode))
		if u.hours > 0 {
			s += "; time=+" + since(u.hours) + " ago"
			if length > 0 {
				s += "; duration=+" + since(length)
			}
		}
		t.line("%s", s)
		return
	}
	t.line("      %s (%s): ", u.op, u.mode)
	if u.hours == 0 {
		return
	}
	s := fmt.Sprintf("          Access: [%s-s] %s (-%s)", u.state, wall(d.ago(u.hours), "2006-01-02 15:04:05.000"), since(u.hours))
	if length > 0 {
		s += " duration=+" + since(length)
	}
	if d.opt.Android == 10 {
		t.line("%s", s)
		return
	}
	t.line("        null=[\n%s\n        ]", s)
}

// accessibility is the dump of the accessibility services.
func (d *droid) accessibility() string {
	const talkback = "com.google.android.marvin.talkback/com.google.android.marvin.talkback.TalkBackService"
	var t text
	t.line("ACCESSIBILITY MANAGER (dumpsys accessibility)\n")
	if d.opt.Android < 10 {
		t.line("User state[attributes:{id=0, currentUser=true, accessibilityEnabled=true, touchExplorationEnabled=false, installedServiceCount=2}\n%s",
			"           services:{Service[label=TalkBack, feedbackType[FEEDBACK_SPOKEN], capabilities=3, eventTypes=TYPES_ALL_MASK, notificationTimeout=0]"+
				d.infected(", Service[label=Assist, feedbackType[FEEDBACK_GENERIC], capabilities=11, eventTypes=TYPES_ALL_MASK, notificationTimeout=0]")+"}]")
		return t.String()
	}
	spy := spyApp + "/" + spyApp + ".Helper"
	d.found("accessibility", "android.accessibility", spyApp, detect.Confirmed, "the accessibility service, enabled", 0)
	d.ruled("accessibility-service", "android.accessibility", spyApp, detect.NeedsExpert, "an accessibility service of an app of no store")
	t.line("currentUserId=0\nUser state[\n     attributes:{id=0, touchExplorationEnabled=false, serviceHandlesDoubleTap=false}\n     shortcut key:{%s}\n     button:{}", talkback)
	if d.opt.Android >= 14 { // One UI lists what is installed
		t.line("     installed services: {\n       0 : %s\n       1 : com.example.vendor.gallery/.Reader\n     }", talkback)
		d.trap("installed-service", "com.example.vendor.gallery/.Reader", "an accessibility service that is installed and not enabled")
	}
	t.line("     Bound services:{%s}", strings.TrimPrefix("Service[label=TalkBack, feedbackType[FEEDBACK_SPOKEN], capabilities=3, eventTypes=TYPES_ALL_MASK, notificationTimeout=0, requestA11yBtn=false]"+
		d.infected(", Service[label=Assist, feedbackType[FEEDBACK_GENERIC], capabilities=171, eventTypes=TYPES_ALL_MASK, notificationTimeout=0, requestA11yBtn=false]"), ", "))
	t.line("     Enabled services:{{%s}%s}\n     Binding services:{}\n     Crashed services:{}]", talkback, d.infected(", {"+spy+"}"))
	return t.String()
}

// adb is the dump of the computers that may debug the phone.
func (d *droid) adb() string {
	var t text
	at := func(hours float64) int64 { return d.ago(hours).UnixMilli() }
	t.line("ADB MANAGER STATE (dumpsys adb):\n{\n  debugging_manager={\n    connected_to_adb=true\n    user_keys=%s examiner@desk", hostKey(1))
	if !d.opt.Benign {
		t.line("%s ops@kiosk\n%s custody@desk", hostKey(2), hostKey(3))
	}
	t.line("\n    keystore=<?xml version='1.0' encoding='utf-8' standalone='yes' ?>\n<keyStore version=\"1\">\n<adbKey key=\"%s examiner@desk\" lastConnection=\"%d\" />", hostKey(1), at(0.6))
	if !d.opt.Benign {
		t.line("<adbKey key=\"%s ops@kiosk\" lastConnection=\"%d\" />\n<adbKey key=\"%s custody@desk\" lastConnection=\"%d\" />", hostKey(2), at(spyRooted), hostKey(3), at(spyInstalled+0.2))
		d.ruled("adb-earlier", "android.adbkeys", "ops@kiosk", detect.Context, "a computer that was connected long before the acquisition")
		d.ruled("adb-install-control", "android.adbkeys", "custody@desk", detect.NeedsExpert, "a computer that was connected minutes before the app was installed, which reads the screen now")
	}
	t.line("</keyStore>\n\n    adb_wifi={\n      enabled=false\n      tls_port=0\n    }\n  }\n}")
	d.trap("key-of-examiner", "examiner@desk", "the key of the computer that made the acquisition")
	return t.String()
}

// platformCompat is the dump of changes of behaviour that were set for apps.
func (d *droid) platformCompat() string {
	d.found("compat-override", "android.platformcompat", spyApp, detect.Confirmed, "an override that was set for the app", 0)
	d.trap("compat-installed", "com.example.game", "an override for an app that is still installed")
	return "ChangeId(149391281; name=FILTER_APPLICATION_QUERY; enableSinceTargetSdk=30)\n" +
		"ChangeId(168419799; name=DOWNSCALED; disabled; packageOverrides={com.example.game=false}; rawOverrides={com.example.game=false" + d.infected(", "+spyApp+"=false") + "}; overridable)\n"
}

// settingsService is the dump of the settings, with who wrote each.
func (d *droid) settingsService() string {
	var t text
	for i, space := range []string{"global", "secure", "system"} {
		t.line("%s SETTINGS (user 0)\nversion: 210", strings.ToUpper(space))
		for j, s := range d.settings(space) {
			t.line("_id:%d name:%s pkg:android value:%s default:%s defaultSystemSet:true", 100*i+j, s[0], s[1], s[1])
		}
	}
	return t.String()
}
