package fabricate

import (
	"encoding/json"
	"fmt"
)

// The indicators of a spyware that does not exist. Its hosts are below
// reserved names, its processes are named like nothing that Apple ships.
const (
	spyName    = "Albatros (fictional)"
	spyHost    = "track.news-update.example"
	spyDomain  = "cdn-sync.example"
	spyProcess = "albatrosd"
	spyEmail   = "linakeller2203@mail.example"
	spyPath    = "/private/var/mobile/Library/Preferences/com.example.albatros.plist"
	spyProfile = "0a1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d"

	// Of the version for Android. Its certificate and app are made anew each time,
	// always with the same bytes: see spySigner.
	spyApp      = "com.example.albatros"
	spyFolder   = "/data/local/tmp/albatros"
	spyProperty = "persist.sys.albatros.port"
	spyAddress  = "203.0.113.7"
)

// feed returns the indicators as a STIX 2.1 bundle.
func feed() ([]byte, error) {
	const made = "2026-01-05T00:00:00.000Z"
	id := func(kind string, n int) string { return fmt.Sprintf("%s--%08x-0000-4000-8000-000000000000", kind, n) }
	signer, err := spySigner()
	if err != nil {
		return nil, err
	}
	objects := []map[string]any{{
		"type": "malware", "spec_version": "2.1", "id": id("malware", 1), "created": made, "modified": made,
		"name": spyName, "is_family": true,
	}}
	for i, pattern := range []string{
		"[domain-name:value = '" + spyHost + "']",
		"[domain-name:value = '" + spyDomain + "']",
		"[process:name = '" + spyProcess + "']",
		"[email-addr:value = '" + spyEmail + "']",
		"[file:path = '" + spyPath + "']",
		"[configuration-profile:id = '" + spyProfile + "']",
		"[app:id = '" + spyApp + "']",
		"[app:cert.sha256 = '" + signer.sha256() + "']",
		"[file:hashes.'SHA-256' = '" + hexSHA256(signer.apk(spyApp, spyVersion)) + "']",
		"[file:path = '" + spyFolder + "']",
		"[android-property:name = '" + spyProperty + "']",
		"[ipv4-addr:value = '" + spyAddress + "']",
	} {
		objects = append(objects, map[string]any{
			"type": "indicator", "spec_version": "2.1", "id": id("indicator", 16+i), "created": made, "modified": made, "valid_from": made,
			"pattern_type": "stix", "pattern": pattern, "indicator_types": []string{"malicious-activity"},
		}, map[string]any{
			"type": "relationship", "spec_version": "2.1", "id": id("relationship", 64+i), "created": made, "modified": made,
			"relationship_type": "indicates", "source_ref": id("indicator", 16+i), "target_ref": id("malware", 1),
		})
	}
	b, err := json.MarshalIndent(map[string]any{"type": "bundle", "id": id("bundle", 1), "objects": objects}, "", "  ")
	return append(b, '\n'), err
}
