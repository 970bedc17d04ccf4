package plist

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/vigie-project/vigie/internal/testdata"
)

// at follows a path of keys and indexes; "#" asks for the number of members.
func at(v Value, path string) string {
	for _, step := range strings.Split(path, "|") {
		if step == "#" {
			return strconv.Itoa(v.Len())
		}
		if i, err := strconv.Atoi(step); err == nil && v.Kind() == Array {
			v = v.Index(i)
		} else {
			v = v.Get(step)
		}
	}
	switch v.Kind() {
	case Date:
		return v.Time().Round(time.Microsecond).Format("2006-01-02T15:04:05.000000Z")
	case String:
		return v.String()
	}
	return fmt.Sprint(show(v), v.Err())
}

// TestPlasoFigures holds what the parsers of plaso are asserted to find, as far
// as it stands in the property list itself: counts of events are counts of
// members, and times are compared to the microsecond. What lies inside data
// (alias records, password hashes) is a matter of other decoders. None of these
// files has a damaged part. Where plaso warns of the year 0 in
// com.apple.security.KCN.plist, Vigie reads NSDate's distant past: a date whose
// Time is zero, and whose seconds are kept.
func TestPlasoFigures(t *testing.T) {
	t.Parallel()
	tests := []struct{ file, path, want string }{
		{"com.apple.bluetooth", "DeviceCache|44-00-00-00-00-04|Name", "Apple Magic Trackpad 2"},
		{"com.apple.bluetooth", "DeviceCache|44-00-00-00-00-04|LastInquiryUpdate", "2012-11-02T01:13:17.324095Z"},
		{"com.apple.bluetooth", "DeviceCache|44-00-00-00-00-04|LastNameUpdate", "2012-11-02T01:21:38.997673Z"},
		{"com.apple.bluetooth", "DeviceCache|44-00-00-00-00-04|LastServicesUpdate", "2012-11-02T01:13:23.000000Z"},
		{"com.apple.bluetooth", "DeviceCache|#", "6"},
		{"com.apple.networkextension.uuidcache", "#", "0"},
		{"org.cups.printers", "#", "0"},
		{"com.apple.security.KCN", "lastWritten", "2019-09-16T18:42:44.000000Z"},
		{"com.apple.security.KCN", "pendingApplicationReminder", "4001-01-01T00:00:00.000000Z"},
		{"com.apple.security.KCN", "applicationDate", "0001-01-01T00:00:00.000000Z"},
		{"com.apple.airport.preferences", "RememberedNetworks|#", "4"},
		{"com.apple.airport.preferences", "RememberedNetworks|0|SSIDString", "europa"},
		{"com.apple.airport.preferences", "RememberedNetworks|0|SecurityType", "WPA/WPA2 Personal"},
		{"com.apple.airport.preferences", "RememberedNetworks|0|LastConnected", "2013-07-30T00:29:26.000000Z"},
		{"InstallHistory", "#", "7"},
		{"InstallHistory", "0|date", "2013-11-12T02:59:35.000000Z"},
		{"InstallHistory", "0|displayVersion", "10.9 (13A603)"},
		{"InstallHistory", "0|packageIdentifiers|#", "14"},
		{"InstallHistory", "0|packageIdentifiers|13", "com.apple.pkg.update.compatibility.2013.001"},
		{"launchd", "Label", "com.foobar.test"},
		{"launchd", "Program", "/Test"},
		{"launchd", "ProgramArguments|1", "arg1"},
		{"launchd", "GroupName", "nobody"},
		{"launchd.minimal", "Program", "/usr/bin/true"},
		{"launchd.noprogram", "ProgramArguments|0", "/usr/bin/true"},
		{"com.apple.loginitems", "SessionItems|CustomListItems|#", "1"},
		{"com.apple.loginitems", "SessionItems|CustomListItems|0|Name", "iTunesHelper"},
		{"com.apple.loginitems", "SessionItems|CustomListItems|0|CustomItemProperties|com.apple.LSSharedFileList.ItemIsHidden", "bool true<nil>"},
		{"loginwindow", "AutoLaunchedApplicationDictionary|0|Path", "/Applications/SafeConnect.app"},
		{"loginwindow", "LogoutHook", "/Users/matthew/logout.sh"},
		{"StartupParameters", "Uses|1", "SystemLog"},
		{"StartupParameters", "OrderPreference", "None"},
		{"user", "realname|0", "Joaquin Moreno"},
		{"Downloads", "DownloadHistory|#", "4"},
		{"Downloads", "DownloadHistory|0|DownloadEntryDateFinishedKey", "2022-12-14T19:05:30.620490Z"},
		{"Downloads", "DownloadHistory|0|DownloadEntryDateAddedKey", "2022-12-14T19:05:26.862793Z"},
		{"Downloads", "DownloadHistory|0|DownloadEntryProgressTotalToLoad", "int 826337<nil>"},
		{"Downloads", "DownloadHistory|0|DownloadEntryURL", "https://www.dotpdn.com/files/paint.net.4.3.12.install.anycpu.web.zip"},
		{"History", "WebHistoryDates|#", "18"},
		{"History", "WebHistoryDates|8|title", "Amínósýrur"},
		{"History", "WebHistoryDates|8|", "http://netverslun.sci-mx.is/aminosyrur"},
		{"com.apple.SoftwareUpdate", "LastFullSuccessfulDate", "2014-01-06T17:43:48.000000Z"},
		{"com.apple.SoftwareUpdate", "RecommendedUpdates|0|Identifier", "RAWCameraUpdate5.03"},
		{"com.apple.spotlight", "UserShortcuts|#", "9"},
		{"com.apple.spotlight", "UserShortcuts|gr|LAST_USED", "2013-12-23T18:21:41.900938Z"},
		{"VolumeConfiguration", "Stores|#", "2"},
		{"VolumeConfiguration", "Stores|4D4BFEB5-7FE6-4033-AAAA-AAAABBBBCCCCDDDD|CreationDate", "2013-06-25T05:54:43.000000Z"},
		{"com.apple.TimeMachine", "Destinations|0|SnapshotDates|#", "13"},
		{"com.apple.TimeMachine", "Destinations|0|SnapshotDates|12", "2014-01-04T13:38:38.000000Z"},
		{"com.apple.TimeMachine", "Destinations|0|DestinationID", "5B33C22B-A4A1-4024-A2F5-C9979C4AAAAA"},
	}
	for _, test := range tests {
		data, err := os.ReadFile(testdata.Path(t, "plist/log2timeline+plaso/plist/"+test.file+".plist"))
		if err != nil {
			t.Fatal(err)
		}
		v, err := Parse(data)
		if err == nil {
			err = damage(v)
		}
		if err != nil {
			t.Errorf("%s: %v", test.file, err)
		}
		if got := at(v, test.path); got != test.want {
			t.Errorf("%s %s: got %s, want %s", test.file, test.path, got, test.want)
		}
	}
}

// TestDistantPast reads the date that the peer cannot.
func TestDistantPast(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile(testdata.Path(t, "plist/log2timeline+plaso/plist/com.apple.security.KCN.plist"))
	if err != nil {
		t.Fatal(err)
	}
	root, err := Parse(data)
	v := root.Get("applicationDate")
	if err != nil || v.Kind() != Date || !v.Time().Equal(time.Time{}) || v.Float() != -63114076800 {
		t.Errorf("got %v, %v, %.1f, %v", v.Kind(), v.Time(), v.Float(), err)
	}
}
