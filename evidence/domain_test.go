package evidence

import (
	"io/fs"
	"slices"
	"testing"
)

func TestDevicePath(t *testing.T) {
	t.Parallel()
	tests := []struct {
		domain, rel, want string
		known             bool
	}{
		{"HomeDomain", "Library/SMS/sms.db", "private/var/mobile/Library/SMS/sms.db", true},
		{"HomeDomain", "", "private/var/mobile", true},
		{"CameraRollDomain", "Media/DCIM/100APPLE/IMG_0001.JPG", "private/var/mobile/Media/DCIM/100APPLE/IMG_0001.JPG", true},
		{"HealthDomain", "Health/healthdb.sqlite", "private/var/mobile/Library/Health/healthdb.sqlite", true},
		{"BooksDomain", "a", "private/var/mobile/Media/Books/a", true},
		{"AppDomain-com.apple.mobilesafari", "Library/Safari/History.db", "private/var/mobile/Containers/Data/Application/com.apple.mobilesafari/Library/Safari/History.db", true},
		{"AppDomainGroup-group.net.whatsapp.WhatsApp.shared", "ChatStorage.sqlite", "private/var/mobile/Containers/Shared/AppGroup/group.net.whatsapp.WhatsApp.shared/ChatStorage.sqlite", true},
		{"AppDomainPlugin-com.a-b.c", "x", "private/var/mobile/Containers/Data/PluginKitPlugin/com.a-b.c/x", true},
		{"SysContainerDomain-com.apple.x", "y", "private/var/containers/Data/System/com.apple.x/y", true},
		{"SysSharedContainerDomain-systemgroup.com.apple.configurationprofiles", "Library/a", "private/var/containers/Shared/SystemGroup/systemgroup.com.apple.configurationprofiles/Library/a", true},
		{"RootDomain", "Library/Caches/locationd/clients.plist", "private/var/root/Library/Caches/locationd/clients.plist", true},
		{"WirelessDomain", "Library/Databases/DataUsage.sqlite", "private/var/wireless/Library/Databases/DataUsage.sqlite", true},
		{"ManagedPreferencesDomain", "mobile/a.plist", "private/var/Managed Preferences/mobile/a.plist", true},
		{"KeychainDomain", "keychain-backup.plist", "private/var/Keychains/keychain-backup.plist", true},
		{"KeychainDomain", "TrustStore.sqlite3", "private/var/protected/trustd/private/TrustStore.sqlite3", true},
		{"NewDomain", "a/b", "private/var/unknown/NewDomain/a/b", false},
		{"NewDomain-x", "a/b", "private/var/unknown/NewDomain-x/a/b", false},
		{"AppDomain", "a", "private/var/unknown/AppDomain/a", false},
		{"HomeDomain-x", "a", "private/var/unknown/HomeDomain-x/a", false},
		{"", "", "private/var/unknown/%", false},
		{"HomeDomain", "../../etc", "private/var/mobile/%2E%2E/%2E%2E/etc", true},
		{"HomeDomain", "/etc//x/.", "private/var/mobile/%/etc/%/x/%2E", true},
		{"AppDomain-../../x", "y", "private/var/mobile/Containers/Data/Application/..%2F..%2Fx/y", true},
		{"AppDomain-", "y", "private/var/mobile/Containers/Data/Application/%/y", true},
		{"HomeDomain", "a\x00b/\xff", "private/var/mobile/a%00b/\uFFFD", true},
	}
	for _, tt := range tests {
		got, known := DevicePath(tt.domain, tt.rel)
		if got != tt.want || known != tt.known || !fs.ValidPath(got) {
			t.Errorf("DevicePath(%q, %q) = %q, %v; want %q, %v", tt.domain, tt.rel, got, known, tt.want, tt.known)
		}
	}
}

func TestBackupNames(t *testing.T) {
	t.Parallel()
	for path, want := range map[string][]BackupName{
		"/var/wireless/Library/Databases/DataUsage.sqlite": {{"WirelessDomain", "Library/Databases/DataUsage.sqlite"}},
		"private/var/mobile/Containers/Data/Application/com.a/x": {
			{"AppDomain-com.a", "x"}, {"HomeDomain", "Containers/Data/Application/com.a/x"},
		},
		"private/var/mobile/Library/Health/h": {{"HealthDomain", "Health/h"}, {"HomeDomain", "Library/Health/h"}},
		"private/var/unknown/NewDomain/a/b":   {{"NewDomain", "a/b"}},
		"private/var/protected/trustd/private/TrustStore.sqlite3": {
			{"KeychainDomain", "TrustStore.sqlite3"}, {"ProtectedDomain", "trustd/private/TrustStore.sqlite3"},
		},
		"private/var/mobilex": nil,
		"usr/bin/x":           nil,
	} {
		got := BackupNames(path)
		for _, name := range want {
			if !slices.Contains(got, name) {
				t.Errorf("BackupNames(%q) = %v, want %v in it", path, got, name)
			}
		}
		if len(want) == 0 && len(got) != 0 || len(want) > 0 && got[0] != want[0] {
			t.Errorf("BackupNames(%q) = %v, want %v first", path, got, want)
		}
	}
}

// TestKnownIDs checks fileIDs that are published for every phone.
func TestKnownIDs(t *testing.T) {
	t.Parallel()
	for id, name := range map[string]BackupName{
		"3d0d7e5fb2ce288813306e4d4636395e047a3d28": {"HomeDomain", "Library/SMS/sms.db"},
		"64d0019cb3d46bfc8cce545a8ba54b93e7ea9347": {"HomeDomain", "Library/TCC/TCC.db"},
		"7c7fba66680ef796b916b067077cc246adacf01d": {"AppDomainGroup-group.net.whatsapp.WhatsApp.shared", "ChatStorage.sqlite"},
		"aeb25de285ea542f7ac7c2070cddd1961e369df1": {"SysSharedContainerDomain-systemgroup.com.apple.configurationprofiles", "Library/ConfigurationProfiles/MCProfileEvents.plist"},
		"a690d7769cce8904ca2b67320b107c8fe5f79412": {"RootDomain", "Library/Caches/locationd/clients.plist"},
	} {
		if got := fileID(name.Domain, name.Path); got != id {
			t.Errorf("fileID of %v is %s, want %s", name, got, id)
		}
	}
}

func FuzzDevicePath(f *testing.F) {
	f.Add("HomeDomain", "a/../b")
	f.Add("AppDomain-x/y", "")
	f.Add("", "\x00")
	f.Fuzz(func(t *testing.T, domain, rel string) {
		if path, _ := DevicePath(domain, rel); !fs.ValidPath(path) {
			t.Fatalf("DevicePath(%q, %q) = %q is not valid", domain, rel, path)
		}
		if path := UnknownPath(domain, rel); !fs.ValidPath(path) {
			t.Fatalf("UnknownPath(%q, %q) = %q is not valid", domain, rel, path)
		}
	})
}
