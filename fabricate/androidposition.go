package fabricate

import (
	"fmt"
	"strings"
	"time"

	"github.com/vigie-project/vigie/detect"
)

// smsApp is the setting that names the app for text messages, which is a role since
// Android 10.
func (d *droid) smsApp() string {
	if d.opt.Benign || d.opt.Android >= 10 {
		return "com.google.android.apps.messaging"
	}
	d.found("sms-setting", "android.settings", `"key":"sms_default_application"`, detect.Confirmed, "the app is the one for text messages, in the settings", 0)
	d.ruled("sms-setting-of-app", "android.settings", `"key":"sms_default_application"`, detect.NeedsExpert, "an app of no store that is the one for text messages, in the settings")
	return spyApp
}

// roles is the dump of which apps have a part of the system to play.
func (d *droid) roles() string {
	sms := "com.google.android.apps.messaging"
	if !d.opt.Benign {
		sms = spyApp
		d.found("role", "android.roles", spyApp, detect.Confirmed, "the app is the one for text messages", 0)
		d.ruled("role-of-app", "android.roles", spyApp, detect.NeedsExpert, "an app of no store that is the one for text messages")
	}
	d.trap("role-of-system", "android.app.role.BROWSER", "a role that an app of the vendor has")
	heading := "ROLE STATE"
	if d.opt.Android < 12 {
		heading = "ROLE MANAGER STATE"
	}
	var t text
	t.line("%s (dumpsys role):\n{\n  user_states={\n    user_id=0\n    version=-1\n    packages_hash=31D73E59\n    roles=[", heading)
	for _, r := range [][2]string{{"SMS", sms}, {"BROWSER", "com.android.chrome"}, {"ASSISTANT", ""}} {
		t.line("      {\n        name=android.app.role.%s", r[0])
		if r[1] != "" {
			t.line("        holders=%s", r[1])
		}
		t.line("      }")
	}
	t.line("    ]\n  }\n}")
	return t.String()
}

// vpn is the dump of the VPN of each user.
func (d *droid) vpn() string {
	name, kind := "[Legacy VPN]", "-1"
	if !d.opt.Benign {
		name, kind = spyApp, "1"
		d.found("vpn", "android.vpn", spyApp, detect.Confirmed, "the app has the VPN", 0)
	}
	var t text
	t.line("VPNs:\n  0: %s", name)
	if d.opt.Android < 13 {
		return t.String()
	}
	t.line("    Active package name: %s\n    Active vpn type: %s\n    NetworkCapabilities: [ Transports: VPN Capabilities: NOT_RESTRICTED&TRUSTED ]\n    mCachedCarrierConfigInfoPerSubId={}\n    mEventChanges (most recent first):", name, kind)
	if !d.opt.Benign {
		t.line("      %s - [LockdownAlwaysOn] Mode changed: lockdown=true alwaysOn=true calling from 1000", wall(d.ago(spyActive), "2006-01-02T15:04:05.000000"))
	}
	t.line("      %s - [LockdownAlwaysOn] Mode changed: lockdown=false alwaysOn=false calling from 1000", wall(d.ago(87), "2006-01-02T15:04:05.000000"))
	return t.String()
}

// connectivity is the dump of the networks.
func (d *droid) connectivity() string {
	agent := func(id int, transports, name, address, more string, owner int) string {
		if d.opt.Android < 10 {
			who := ""
			if owner > 0 {
				who = fmt.Sprintf(" EstablishingVpnAppUid: %d", owner)
			}
			return fmt.Sprintf("  NetworkAgentInfo{ ni{[type: %s[], state: CONNECTED/CONNECTED, extra: (none)]}  network{%d}  nethandle{43%d}  lp{{InterfaceName: %s LinkAddresses: [%s/24,]  Routes: [0.0.0.0/0 -> 0.0.0.0 %s,] DnsAddresses: [192.0.2.1,] Domains: null MTU: 0%s}}  nc{[ Transports: %s Capabilities: INTERNET&NOT_RESTRICTED&TRUSTED%s]}  Score{101} }",
				transports, id, id, name, address, name, more, transports, who)
		}
		who := ""
		if owner > 0 {
			who = fmt.Sprintf(" OwnerUid: %d AdminUids: [%d]", owner, owner)
		}
		return fmt.Sprintf("  NetworkAgentInfo{network{%d}  handle{43%d}  ni{%s CONNECTED extra: } lp{{InterfaceName: %s LinkAddresses: [ %s/24 ] DnsAddresses: [ /192.0.2.1 ] Domains: null MTU: 0%s Routes: [ 0.0.0.0/0 -> 192.0.2.1 %s mtu 0 ]}}  nc{[ Transports: %s Capabilities: INTERNET&NOT_RESTRICTED&TRUSTED%s UnderlyingNetworks: Null]}}",
			id, id, transports, name, address, more, name, transports, who)
	}
	var t text
	t.line("NetworkProviders for:\n  VpnNetworkProvider:0\n\nActive default network: 100\n\nCurrent Networks:")
	t.line("%s\n    Requests: REQUEST:1 LISTEN:0 BACKGROUND_REQUEST:0 total:1", agent(100, "WIFI", "wlan0", "192.0.2.14", "", 0))
	if !d.opt.Benign {
		t.line("%s", agent(101, "WIFI|VPN", "tun0", "198.51.100.2", " HttpProxy: ["+spyHost+"] 8080 ", d.find(spyApp).id))
		d.found("network-proxy", "android.networks", spyHost, detect.Confirmed, "the network of the app sends web traffic to a published host", 0)
		d.ruled("network-with-proxy", "android.networks", spyHost, detect.NeedsExpert, "a network with a proxy")
	}
	t.line("\nNetwork Requests:\n")
	return t.String()
}

// inputMethod is the dump of the keyboards.
func (d *droid) inputMethod() string {
	const latin = "com.google.android.inputmethod.latin/com.android.inputmethod.latin.LatinIME"
	list := []string{latin, "com.example.chat/.Stickers"}
	enabled, current := latin, latin
	if !d.opt.Benign {
		spy := spyApp + "/.Keyboard"
		list, enabled, current = append(list, spy), latin+":"+spy, spy
		d.found("keyboard", "android.inputmethods", spyApp, detect.Confirmed, "the keyboard in use is that of the app", 0)
		d.ruled("keyboard-of-app", "android.inputmethods", spyApp, detect.NeedsExpert, "the keyboard of an app of no store")
	}
	d.trap("keyboard-not-enabled", "com.example.chat/.Stickers", "a keyboard that came with an app and is not enabled")
	var t text
	t.line("Current Input Method Manager state:\n  Input Methods: mMethodMapUpdateCount=2")
	for i, id := range list {
		name, _, _ := strings.Cut(id, "/")
		a := d.find(name)
		t.line("  InputMethod #%d:\n    mId=%s mSettingsActivityName=null mIsVrOnly=false mSupportsSwitchingToNextInputMethod=true\n    mIsDefaultResId=0x0", i, id)
		t.line("    Service:\n      ServiceInfo:\n        packageName=%s\n        ApplicationInfo:\n          uid=%d flags=0x20c83e45\n          sourceDir=%s/base.apk", name, a.id, a.path())
	}
	t.line("  Clients:\n  mCurMethodId=%s\n  mSettings:\n    mCurrentUserId=0\n    mEnabledInputMethodsStrCache=%s", current, enabled)
	return t.String()
}

// companionDevice is the dump of the devices that apps are associated with.
func (d *droid) companionDevice() string {
	d.trap("watch", "com.example.fitness", "a watch and its app")
	head := "Companion Device Associations:\n"
	date := func(hours float64) string { return wall(d.ago(hours), "Mon Jan 02 15:04:05 MST 2006") }
	if d.opt.Android < 13 {
		return head + "  u0: com.example.fitness - aa:bb:cc:dd:ee:01\n"
	}
	association := func(id int, name, address, shown, profile string, hours float64) string {
		return fmt.Sprintf("  Association{mId=%d, mUserId=0, mPackageName='%s', mDeviceMacAddress=%s, mDisplayName='%s', mDeviceProfile='%s', mSelfManaged=%t, mNotifyOnDeviceNearby=false, mTimeApprovedMs=%s, mLastTimeConnectedMs=None}\n",
			id, name, address, shown, profile, address == "null", date(hours))
	}
	head += association(1, "com.example.fitness", "aa:bb:cc:dd:ee:01", "Anna's watch", "android.app.role.COMPANION_DEVICE_WATCH", 24*70)
	if !d.opt.Benign {
		head += association(2, spyApp, "null", "Watch", "android.app.role.COMPANION_DEVICE_WATCH", spyRooted)
		d.found("companion", "android.companiondevices", spyApp, detect.Confirmed, "a watch that is not there", spyRooted)
	}
	return head + "Companion Device Present: <empty>\n"
}

// trust is the dump of the agents that may keep the phone unlocked.
func (d *droid) trust() string {
	return "Trust manager state:\n User \"Owner\" (id=0, flags=0x4c13) (current): trusted=0, trustManaged=1, deviceLocked=0, strongAuthRequired=0x0\n   Enabled agents:\n" +
		"    com.google.android.gms/.auth.trustagent.GoogleTrustAgent\n     bound=1, connected=1, managingTrust=1, trusted=0\n      message=\"\"\n   Events:\n" +
		"    #0  " + wall(d.ago(3), "01-02 15:04:05.000") + " RevokeTrust: agent=GoogleTrustAgent\n\n"
}

// mediaProjection is the dump of who records the screen.
func (d *droid) mediaProjection() string {
	head := "MEDIA PROJECTION MANAGER (dumpsys media_projection)\nMedia Projection: \n"
	if d.opt.Benign {
		return head + "null\n"
	}
	d.found("screen", "android.mediaprojection", spyApp, detect.Confirmed, "the app records the screen", 0)
	d.ruled("screen-recorded", "android.mediaprojection", spyApp, detect.NeedsExpert, "an app that records the screen")
	return head + fmt.Sprintf("(%s, uid=%d): TYPE_SCREEN_CAPTURE\n", spyApp, d.find(spyApp).id)
}

// deviceIdle is the dump of the apps that need not save power.
func (d *droid) deviceIdle() string {
	d.found("exemption", "android.batteryexemptions", spyApp, detect.Confirmed, "the app need not save power", 0)
	return "  Settings:\n    light_after_inactive_to=+4m0s0ms\n  Whitelist (except idle) system apps:\n    com.android.providers.downloads\n  Whitelist system apps:\n    com.android.shell\n  Whitelist user apps:\n    org.thoughtcrime.securesms\n" +
		d.infected("    "+spyApp+"\n") + "  Whitelist all app ids:\n    2000\n  mLightEnabled=true  mDeepEnabled=true\n"
}

// users is the dump of the users and profiles.
func (d *droid) users() string {
	flags, more := "13", ""
	if d.opt.Android >= 11 {
		flags, more = "4c13", "    Type: android.os.usertype.full.SYSTEM\n    Flags: 19475 (ADMIN|FULL|INITIALIZED|MAIN|PRIMARY|SYSTEM)\n"
	}
	return "Users:\n  UserInfo{0:Owner:" + flags + "} serialNo=0 isPrimary=true\n" + more + "    State: RUNNING_UNLOCKED\n    Created: <unknown>\n    Last logged in: +" + since(87) + " ago\n    Restrictions:\n      none\n"
}

// lockSettings is the dump of the screen lock.
func (d *droid) lockSettings() string {
	word := "Last changed"
	if d.opt.Android >= 14 {
		word = "LSKF last changed"
	}
	return "Current lock settings service state:\n\nUser State:\n  User 0\n    " + word + ": " + wall(d.ago(24*200), time.DateTime) + " (previous handle: 0)\n    CredentialType: PIN\n    SeparateChallenge: false\n\n"
}

// jobScheduler is the dump of what apps have the system start.
func (d *droid) jobScheduler() string {
	var t text
	job := func(name, service string, every float64) {
		uid := d.find(name).opsUID()
		t.line("  JOB #%s/7: 41742cb %s/%s\n    %s tag=*job*/%s/%s\n    Source: uid=%s user=0 pkg=%s\n    JobInfo:\n      Service: %s/%s\n      PERIODIC: interval=+%s flex=+5m0s0ms\n      PERSISTED\n    Enqueue time: -%s",
			uid, name, service, uid, name, service, uid, name, name, service, since(every), since(20))
	}
	t.line("Registered 2 jobs:")
	job("com.example.mail", ".Sync", 1)
	if !d.opt.Benign {
		job(spyApp, ".Upload", 0.25)
		d.found("job", "android.jobs", spyApp, detect.Confirmed, "work that the app has started again and again", 0)
	}
	t.line("\n  Job history:\n    -%s START-P: #%s/7 com.example.mail/.Sync", since(0.3), d.find("com.example.mail").opsUID())
	if !d.opt.Benign {
		t.line("      -%s START-P: #%s/7 %s/.Upload", since(0.2), d.find(spyApp).opsUID(), spyApp)
		d.found("job-history", "android.jobhistory", spyApp, detect.Confirmed, "work of the app that was started", 0)
	}
	return t.String()
}

// alarms is the dump of when apps have themselves woken.
func (d *droid) alarms() string {
	var t text
	t.line("Current Alarm Manager state:\n\n  1 pending alarms: ")
	t.line("    RTC_WAKEUP #1: Alarm{84c64c4 type 0 origWhen %d whenElapsed 1 com.example.notes}\n      tag=*walarm*:com.example.notes.REMIND\n      type=RTC_WAKEUP origWhen=+1h0m0s0ms window=0 repeatInterval=0 count=0 flags=0x1\n", d.now.Add(time.Hour).UnixMilli())
	t.line("  Alarm Stats:\n  1000:android +6s185ms running, 24 wakeups:\n    +4s443ms 0 wakes 916 alarms, last -57s0ms:\n      *alarm*:TIME_TICK")
	if !d.opt.Benign {
		t.line("  %s:%s +9s100ms running, 5100 wakeups:\n    +9s100ms 5100 wakes 5100 alarms, last -9s0ms:\n      *walarm*:%s.WAKE", d.find(spyApp).opsUID(), spyApp, spyApp)
		d.found("alarms", "android.alarms", spyApp, detect.Confirmed, "alarms by which the app keeps itself alive", 0)
	}
	return t.String()
}

// bluetooth is the dump of the devices that the phone is bonded with.
func (d *droid) bluetooth() string {
	class, address := "", "aa:bb:cc:dd:ee:"
	if d.opt.Android >= 10 {
		class = "[ 0x240704 ]"
	}
	if d.opt.Android >= 14 {
		address = "XX:XX:XX:XX:ee:"
	}
	return "Bluetooth Status\n  enabled: true\n  state: ON\n\nEnable log:\n  " + wall(d.ago(87), "01-02 15:04:05.000") + "  Enabled  due to SYSTEM_BOOT by android\n\nBluetooth never crashed!\n\nAdapterProperties\n  Bonded devices:\n    " +
		address + "01 [ DUAL ]" + class + " Anna's watch\n\n"
}

// usb is the dump of the USB port.
func (d *droid) usb() string {
	if d.opt.Android < 9 {
		return "USB Manager State:\n  USB Device State:\n    mCurrentFunctions: mtp,adb\n    mConnected: true\n  USB Host State:\n    No devices\n"
	}
	return "USB MANAGER STATE (dumpsys usb):\n{\n  device_manager={\n    handler={\n      current_functions=[\n        MTP\n        ADB\n      ]\n      connected=true\n      kernel_state=CONFIGURED\n    }\n    USB Event Log=UsbDeviceManager activity\n    USB Event=" +
		wall(d.ago(0.6), "01-02 15:04:05") + ":329 USB intent: Intent { act=android.hardware.usb.action.USB_STATE flg=0x31000000 (has extras) }\n  }\n}\n"
}

// channels are the notification settings of apps: the spyware hides its own.
func (d *droid) channels() string {
	const channel = "NotificationChannel{mId='%s', mName=%s, mDescription=, mImportance=%d, mBypassDnd=false, mLockscreenVisibility=-1000, mSound=null, mDeleted=false, mGroup='null'}"
	var t text
	t.line("  Ranking Config:\n    mSignalExtractors.length = 1")
	if d.opt.Android >= 10 {
		t.line(" Notification Preferences:\n\nPackagePreferences:")
	} else {
		t.line("    per-package config:")
	}
	t.line("      AppSettings: com.example.mail (%d) importance=DEFAULT\n        "+channel, d.find("com.example.mail").id, "mail", "Mail", 3)
	if !d.opt.Benign {
		t.line("      AppSettings: %s (%d) importance=NONE\n        "+channel, spyApp, d.find(spyApp).id, "service", "Service", 1)
		d.found("silenced", "android.notificationchannels", spyApp, detect.Confirmed, "the notifications of the app are off", 0)
	}
	t.line("Restored without uid:\n")
	return t.String()
}

// checkinBattery are the statistics of the battery for programs.
func (d *droid) checkinBattery() string {
	var t text
	t.line("9,0,i,vers,36,212,X1,X1")
	for _, name := range []string{"com.example.mail", spyApp} {
		a := d.find(name)
		if a.name != name {
			continue
		}
		t.line("9,0,i,uid,%d,%s\n9,%d,l,fg,2000,3\n9,%d,l,apk,0,%s,%s.Service,1000,1,1", a.id, name, a.id, a.id, name, name)
		if name == spyApp {
			t.line("9,%d,l,aud,2520000,4", a.id)
		}
	}
	d.found("battery-checkin", "android.batterycheckin", spyApp, detect.Confirmed, "the app, in the statistics of the battery", 0)
	if d.opt.Android >= 14 {
		return t.String()
	}
	t.line("9,hsp,4,%d,\"com.example.mail/.Sync\"\n9,h,0:RESET:TIME:%d,Bl=95\n9,h,1500,+Ejb=4\n9,h,2500,-Ejb=4", d.find("com.example.mail").id, d.ago(40).UnixMilli())
	if !d.opt.Benign {
		t.line("9,hsp,5,%d,\"*job*/%s/.Upload\"\n9,h,%d,+Ejb=5", d.find(spyApp).id, spyApp, int64((40-spyActive)*3600*1000)-4000)
		d.found("history-checkin", "android.historycheckin", spyApp, detect.Confirmed, "work of the app, in the history of the battery", spyActive)
	}
	return t.String()
}

// serviceTable is the table of the services of apps.
func (d *droid) serviceTable(t *text) {
	t.line("Service Resolver Table:\n  Non-Data Actions:\n      android.view.InputMethod:\n        3a2b3c0 com.google.android.inputmethod.latin/com.android.inputmethod.latin.LatinIME")
	if !d.opt.Benign {
		t.line("        3a2b3c1 %s/.Keyboard\n      android.net.VpnService:\n        3a2b3c2 %s/.Tunnel", spyApp, spyApp)
		d.found("service", "android.resolverservices", spyApp, detect.Confirmed, "services of the app that can be a keyboard and a VPN", 0)
	}
	t.line("\nContentProvider Authorities:\n  [com.example.mail.files]:\n    Provider{1f3c com.example.mail/.Files}\n      applicationInfo=ApplicationInfo{2 com.example.mail}")
	if !d.opt.Benign {
		t.line("  [%s.out]:\n    Provider{1f3d %s/.Out}\n      applicationInfo=ApplicationInfo{3 %s}", spyApp, spyApp, spyApp)
		d.found("provider", "android.authorities", spyApp, detect.Confirmed, "a content provider of the app", 0)
	}
	t.line("")
}
