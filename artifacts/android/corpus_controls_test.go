package android_test

import (
	"context"
	"testing"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifacts/android"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/internal/testdata"
)

// TestCorpusControls reads the control positions of the published bug report of an
// Android 14 emulator and compares with what is counted in its text. A line of
// unknown form fails the test.
func TestCorpusControls(t *testing.T) {
	t.Parallel()
	sources, err := evidence.Open(context.Background(), testdata.Path(t,
		"android-bugreport/aas-aosp-dev+AOSPBugreportAnalyzer/composeApp/bugreport-sdk_google_atv64_arm64-UTT1.240131.001.F1-2025-11-23-10-44-46.zip"), evidence.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { sources[0].Close() })
	for _, c := range []struct {
		parser *artifact.Parser
		n      int
		having []string
		m      int // records that have all of having
	}{
		{&android.Roles, 37, []string{`"app":"com.`}, 12}, // lines "name=", and "holders=" below them
		{&android.VPN, 2, []string{`"kind":"event"`, `"time":"2025-11-22T19:30:44.95416"`}, 1},
		{&android.Networks, 1, []string{`"transports":["ETHERNET"]`, `"10.0.2.3"`}, 1},
		{&android.InputMethods, 4, []string{`"enabled":"true"`}, 4}, // two, each printed twice
		{&android.CompanionDevices, 0, nil, 0},
		{&android.TrustAgents, 1, []string{`"kind":"user"`}, 1},
		{&android.NotificationChannels, 203, []string{`"kind":"app"`}, 140},
		{&android.Users, 1, nil, 1},
		{&android.BatteryExemptions, 15, []string{`"Whitelist user apps"`}, 0},
		{&android.ScreenLocks, 1, []string{`"changed":"2025-11-22T19:30:44"`, `"credential":"NONE"`}, 1},
		{&android.Authorities, 156, []string{`"app":"com.google.android.gms"`}, 42},
		{&android.ResolverServices, 559, []string{`"Non-Data Actions"`}, 540},
		{&android.ResolverProviders, 18, nil, 18},
		{&android.Jobs, 48, []string{`"persisted":true`}, 10},
		{&android.JobHistory, 100, []string{`"app":"com.google.android.`}, 26}, // lines between its heading and the next
		{&android.MediaProjection, 0, nil, 0},
		{&android.Alarms, 42, []string{`"kind":"pending"`}, 35},
		{&android.Bluetooth, 4, []string{`"kind":"crash"`}, 1},
		{&android.USB, 8, []string{`"event":"`}, 1},
		{&android.BatteryCheckin, 401, []string{`"section":"uid"`}, 47},
		{&android.HistoryCheckin, 0, nil, 0}, // Android 14 has no history there
	} {
		t.Run(c.parser.ID, func(t *testing.T) {
			t.Parallel()
			records := backupLines(t, sources[0], c.parser)
			if m := bugreportHas(records, c.having...); len(records) != c.n || m != c.m {
				t.Errorf("%d records, %d of them with %q, want %d and %d", len(records), m, c.having, c.n, c.m)
			}
		})
	}
}

// TestCorpusControlsOld reads a published bug report of Android 2.3, which has few
// of these services.
func TestCorpusControlsOld(t *testing.T) {
	t.Parallel()
	sources, err := evidence.Open(context.Background(), testdata.Path(t, "android-bugreport/sonyxperiadev+ChkBugReport/examples/bugreports/bugreport_deadlock.txt"), evidence.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { sources[0].Close() })
	for p, n := range map[*artifact.Parser]int{&android.ResolverServices: 41, &android.ResolverProviders: 0, &android.Authorities: 0, &android.InputMethods: 1, &android.Alarms: 12, &android.USB: 2} {
		if records := backupLines(t, sources[0], p); len(records) != n {
			t.Errorf("%s: %d records, want %d", p.ID, len(records), n)
		}
	}
}
