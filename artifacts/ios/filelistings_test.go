package ios

import (
	"testing"
	"time"
)

// TestFileListingsYear takes the year of recent files from the capture.
func TestFileListingsYear(t *testing.T) {
	t.Parallel()
	captured := time.Date(2024, 3, 1, 0, 30, 0, 0, time.FixedZone("", 3600))
	for text, want := range map[string]string{"Feb 29 10:12": "2024-02-29 10:12:00", "Dec 5 10:12": "2023-12-05 10:12:00",
		"Mar 1 00:29": "2024-03-01 00:29:00", "Dec 31 2022": "2022-12-31 00:00:00", "x": "0001-01-01 00:00:00"} {
		if got := fileListingsTime(text, captured).Format(time.DateTime); got != want {
			t.Errorf("%s: got %s, want %s", text, got, want)
		}
	}
}
