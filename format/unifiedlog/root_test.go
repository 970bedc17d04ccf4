package unifiedlog_test

import (
	"testing"

	"github.com/vigie-project/vigie/format/unifiedlog"
)

func TestRoot(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"private/var/db/diagnostics/Persist/0000000000000001.tracev3": "private/var/db",
		"x/Diagnostics/logdata.LiveData.tracev3":                      "x",
		"sysdiagnose/system_logs.logarchive/Special/1.tracev3":        "sysdiagnose/system_logs.logarchive",
		"logdata.LiveData.tracev3":                                    ".",
		"Persist/1.tracev3":                                           ".",
		"odd/1.tracev3":                                               "odd",
	} {
		if got := unifiedlog.Root(name); got != want {
			t.Errorf("Root(%q) = %q, want %q", name, got, want)
		}
	}
}
