package fabricate

import (
	"time"

	"github.com/vigie-project/vigie/detect"
)

// devicePolicy is the dump of who administers the phone.
func (d *droid) devicePolicy() string {
	var t text
	t.line("Current Device Policy Manager state:\n  Enabled Device Admins (User 0, provisioningState: 0):")
	t.line("    com.google.android.gms/.mdm.receivers.MdmDeviceAdminReceiver:\n      uid=%d\n      testOnlyAdmin=false\n      policies:\n        wipe-data\n        force-lock", d.find("com.google.android.gms").id)
	if !d.opt.Benign {
		t.line("    %s/.Admin:\n      uid=%d\n      testOnlyAdmin=false\n      policies:\n        force-lock", spyApp, d.find(spyApp).id)
		d.found("device-admin", "android.deviceadmins", spyApp, detect.Confirmed, "the app administers the phone", 0)
		d.ruled("device-admin-app", "android.deviceadmins", spyApp, detect.NeedsExpert, "an administrator that is no part of the system")
	}
	d.trap("find-my-device", "MdmDeviceAdminReceiver", "the administrator by which a lost phone is found")
	t.line("    mPasswordOwner=-1")
	return t.String()
}

// notification is the dump of who reads notifications.
func (d *droid) notification() string {
	var t text
	t.line("Current Notification Manager state:\n%s  Notification listeners:", d.channels())
	car := "com.example.fitness/com.example.fitness.Notifications"
	spy := spyApp + "/" + spyApp + ".Listener"
	if d.opt.Android >= 11 {
		t.line("    Allowed notification listeners:\n      %s%s (user: 0 isPrimary: true)", car, d.infected(":"+spy))
	}
	n := 1
	if !d.opt.Benign {
		n = 2
	}
	t.line("    All notification listeners (%d) enabled for current profiles:\n      ComponentInfo{%s}", n, car)
	if !d.opt.Benign {
		t.line("      ComponentInfo{%s}", spy)
	}
	t.line("    Live notification listeners (%d):\n      ComponentInfo{%s} (user 0): android.service.notification.INotificationListener$Stub$Proxy@1f", n, car)
	if !d.opt.Benign {
		t.line("      ComponentInfo{%s} (user 0): android.service.notification.INotificationListener$Stub$Proxy@2f", spy)
	}
	t.line("    Snoozed notification listeners (0):\n")
	d.found("notification-listener", "android.notificationlisteners", spyApp, detect.Confirmed, "the app reads notifications", 0)
	return t.String()
}

// accounts is the dump of the accounts.
func (d *droid) accounts() string {
	return "User UserInfo{0:Owner:4c13}:\n  Accounts: 1\n    Account {name=a.keller@mail.example, type=com.google}\n\n  AccountId, Action_Type, timestamp, UID, TableName, Key\n  Accounts History\n" +
		"  1,action_account_add," + wall(d.ago(24*120), time.DateTime) + ",10055,accounts,0\n\n  Active Sessions: 0\n"
}

// wifi is the dump of the networks that are known.
func (d *droid) wifi() string {
	return "WifiConfigManager - Configured networks Begin ----\nID: 0 SSID: \"Home\" PROVIDER-NAME: null BSSID: null FQDN: null HOME-PROVIDER-NETWORK: false PRIO: 0 HIDDEN: false PMF: false CarrierId: -1\n" +
		" NetworkSelectionStatus NETWORK_SELECTION_ENABLED\n hasEverConnected: true\n KeyMgmt: WPA_PSK\n cuid=1000 cname=android.uid.system:1000 luid=1000\nWifiConfigManager - Configured networks End ----\n"
}

// netstats is the dump of the traffic of apps.
func (d *droid) netstats() string {
	var t text
	t.line("Xt stats:\n  Pending bytes: 0\n  History since boot:\n  ident=[{type=1, ratType=COMBINED, metered=false, defaultNetwork=true, subId=-1}] uid=-1 set=ALL tag=0x0\n    NetworkStatsHistory: bucketDuration=3600")
	for i := range 24 {
		t.line("      st=%d rb=%d rp=49 tb=%d tp=72 op=0", d.ago(float64(24-i)).Truncate(time.Hour).Unix(), 13494+i, 11401+i)
	}
	t.line("UID stats:\n  Pending bytes: 0\n  History since boot:")
	for _, name := range []string{"com.android.chrome", spyApp} {
		if a := d.find(name); a.name == name {
			t.line("  ident=[{type=1, ratType=COMBINED, metered=false, defaultNetwork=true, subId=-1}] uid=%d set=DEFAULT tag=0x0\n    NetworkStatsHistory: bucketDuration=7200\n      st=%d rb=412 rp=4 tb=880123 tp=900 op=0",
				a.id, d.ago(spyActive).Truncate(2*time.Hour).Unix())
		}
	}
	return t.String()
}
