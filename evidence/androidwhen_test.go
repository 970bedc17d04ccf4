package evidence

import (
	"testing"

	"github.com/vigie-project/vigie/internal/testdata"
)

// TestReportWhen reads the zone and the begin of the real report of an emulator.
func TestReportWhen(t *testing.T) {
	t.Parallel()
	name := "android-bugreport/aas-aosp-dev+AOSPBugreportAnalyzer/composeApp/bugreport-sdk_google_atv64_arm64-UTT1.240131.001.F1-2025-11-23-10-44-46.zip"
	sources, err := Open(t.Context(), testdata.Path(t, name), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer sources[0].Close()
	d := sources[0].Device
	if d.Zone != "Europe/Moscow" || d.Acquired != "2025-11-23T07:44:46Z" || d.Captured != "2025-11-23T10:44:46+03:00" {
		t.Errorf("zone %q, acquired %q, captured %q", d.Zone, d.Acquired, d.Captured)
	}
}
