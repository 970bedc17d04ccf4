package fabricate

import (
	"strings"
	"time"

	"howett.net/plist"

	"github.com/vigie-project/vigie/detect"
)

// addPlist adds a binary property list.
func (p *phone) addPlist(domain, path string, v any) error {
	data, err := plist.Marshal(v, plist.BinaryFormat)
	if err != nil {
		return err
	}
	p.add(domain, path, data)
	return nil
}

// identities fills the cache of look-ups of iMessage identities.
func (p *phone) identities() error {
	entry := func(at time.Time) map[string]any {
		return map[string]any{"IDStatus": 1, "LookupDate": float64(cocoa(at))}
	}
	madrid := map[string]any{}
	for i, who := range people {
		prefix := "tel:"
		if strings.Contains(who, "@") {
			prefix = "mailto:"
		}
		madrid[prefix+who] = entry(p.ago(time.Duration(24+i) * time.Hour))
	}
	if !p.opt.Benign {
		at := p.ago(91 * 24 * time.Hour)
		madrid["mailto:"+spyEmail] = entry(at)
		p.trace(Trace{ID: "identity", What: "a look-up of a published address by iMessage", Artifact: "ios.idstatuscache", Contains: spyEmail,
			Grade: detect.Confirmed, Finder: "indicator", Planted: at})
	}
	return p.addPlist("HomeDomain", "Library/Preferences/com.apple.identityservices.idstatuscache.plist", map[string]any{"com.apple.madrid": madrid})
}

// settings adds preferences, a profile, and the files that only their names tell.
func (p *phone) settings() error {
	err := p.addPlist("HomeDomain", "Library/Preferences/.GlobalPreferences.plist", map[string]any{
		"AppleLanguages": []string{"fr-FR", "en-FR"}, "AppleLocale": "fr_FR", "LDMGlobalEnabled": false,
	})
	if err != nil {
		return err
	}
	const profiles = "SysSharedContainerDomain-systemgroup.com.apple.configurationprofiles"
	if p.opt.Benign {
		old := backupFile{domain: "RootDomain", path: "Library/Preferences/com.apple.CrashReporter.plist", modified: p.ago(1500 * 24 * time.Hour)}
		if old.data, err = plist.Marshal(map[string]any{"WriteLegacyCrash": true}, plist.BinaryFormat); err != nil {
			return err
		}
		p.files = append(p.files, old)
		p.trap(Trap{ID: "crashreporter", What: "an old com.apple.CrashReporter.plist", Contains: "com.apple.CrashReporter.plist", Grade: detect.Context})
		p.add("HomeDomain", "Library/Application Support/"+spyProcess+"/notes.txt", []byte("a folder that happens to bear this name\n"))
		p.trap(Trap{ID: "path-component", What: "a folder named like a published process", Contains: "/" + spyProcess + "/", Grade: detect.Context})
		return p.addPlist(profiles, "Library/ConfigurationProfiles/profile-6f1a.stub", p.profile("School Wi-Fi", "com.apple.wifi.managed", p.uuid()))
	}
	path := strings.TrimPrefix(spyPath, "/private/var/mobile/")
	if err := p.addPlist("HomeDomain", path, map[string]any{"c": 1}); err != nil {
		return err
	}
	p.trace(Trace{ID: "path", What: "a file under a published path", Artifact: "ios.manifest", Contains: strings.TrimPrefix(spyPath, "/"),
		Grade: detect.Confirmed, Finder: "indicator"})
	p.trace(Trace{ID: "profile", What: "a published configuration profile", Artifact: "ios.profiles", Contains: spyProfile,
		Grade: detect.Confirmed, Finder: "indicator"})
	return p.addPlist(profiles, "Library/ConfigurationProfiles/profile-9c2e.stub", p.profile("System Update", "com.apple.notificationsettings", spyProfile))
}

// profile returns an installed configuration profile with one payload.
func (p *phone) profile(name, payload, uuid string) map[string]any {
	return map[string]any{
		"InstallDate": p.ago(88 * 24 * time.Hour), "PayloadDisplayName": name, "PayloadIdentifier": "com.example.profile", "PayloadType": "Configuration",
		"PayloadUUID": uuid, "PayloadVersion": 1, "PayloadOrganization": "Example",
		"PayloadContent": []any{map[string]any{"PayloadType": payload, "PayloadUUID": p.uuid(), "PayloadIdentifier": "com.example.payload", "PayloadDisplayName": name}},
	}
}

// info returns Info.plist.
func (p *phone) info() map[string]any {
	return map[string]any{
		"Build Version": "23D127", "Device Name": "iPhone of Sasha", "Display Name": "iPhone of Sasha", "GUID": strings.ReplaceAll(p.uuid(), "-", ""),
		"IMEI": "350000000000006", "Installed Applications": []string{"net.whatsapp.WhatsApp", "com.example.recorder", "com.google.Maps"},
		"Last Backup Date": p.now, "Phone Number": "+33 6 00 00 00 99", "Product Name": "iPhone 15", "Product Type": "iPhone15,4", "Product Version": "26.3",
		"Serial Number": p.serial(), "Target Identifier": "00008120-000000000000002E", "Target Type": "Device", "Unique Identifier": "00008120-000000000000002E",
		"iTunes Version": "10.5.1",
	}
}

// manifest returns what Manifest.plist has beside the keys.
func (p *phone) manifest() map[string]any {
	return map[string]any{
		"Date": p.now, "Version": "10.0", "SystemDomainsVersion": "24.0", "WasPasscodeSet": true,
		"Applications": map[string]any{}, "Lockdown": map[string]any{
			"BuildVersion": "23D127", "DeviceName": "iPhone of Sasha", "ProductType": "iPhone15,4", "ProductVersion": "26.3",
			"SerialNumber": p.serial(), "UniqueDeviceID": "00008120-000000000000002E",
		},
	}
}
