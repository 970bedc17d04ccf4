package logtest

import (
	"math/rand/v2"
	"strconv"
	"time"

	"github.com/vigie-project/vigie/format/unifiedlog"
)

// busyProcesses are the programs of [Busy]: the first log most.
var busyProcesses = []string{"/usr/libexec/locationd", "/usr/libexec/backboardd", "/usr/sbin/mDNSResponder",
	"/System/Library/CoreServices/SpringBoard.app/SpringBoard", "/usr/libexec/identityservicesd", "/usr/sbin/bluetoothd",
	"/usr/libexec/symptomsd", "/usr/sbin/wifid", "/usr/libexec/nsurlsessiond", "/kernel"}

// Busy writes n entries for measurements, a tenth of a millisecond apart from
// start on, and closes w: messages of ten processes, of which some are quiet,
// with arguments of the usual kinds, one in three from libraries of the shared
// cache; one in five hundred is of launchd or of the kernel's sandbox.
// The same n gives the same bytes.
func Busy(w *Writer, start time.Time, n int) error {
	r := rand.New(rand.NewPCG(1, 2))
	e := Entry{Time: start}
	for i := range n {
		k := min(r.IntN(12), r.IntN(12), len(busyProcesses)-1)
		e.Time = e.Time.Add(time.Duration(r.IntN(200)) * time.Microsecond)
		e.Process, e.PID = busyProcesses[k], uint32(k*7)
		e.Thread = uint64(r.IntN(5000))
		e.Subsystem, e.Category = "com.apple.sub"+string(rune('a'+k)), "cat"+string(rune('0'+i%7))
		e.Shared, e.Library = i%3 == 0, ""
		if e.Shared {
			e.Library = "/usr/lib/lib" + string(rune('0'+i%9)) + ".dylib"
		}
		if e.Type = 0; i%500 == 499 {
			e.notable(i)
		} else {
			e.busy(i)
		}
		if err := w.Add(&e); err != nil {
			return err
		}
	}
	return w.Close()
}

// busy sets the message of entry i.
func (e *Entry) busy(i int) {
	args := e.Args[:0]
	switch i % 5 {
	case 0:
		e.Format = "event " + string(rune('A'+i/5%26)) + " arrived with status %d and flags %#x"
		args = append(args, i, uint32(i%77))
	case 1:
		e.Format = "%{public}s: activity %llu updated in %{public}s"
		args = append(args, "com.apple.example.task", uint64(i), "background")
	case 2:
		e.Format = "connection %d to %@ %{private}s ended"
		args = append(args, int32(i), Object("<NSXPCConnection: 0x1034>"), Redacted{})
	case 3:
		e.Format = "nothing to do for now, trying later"
	case 4:
		e.Format = "took %.3f s for %{public}@ (%d of %d)"
		args = append(args, float64(i)/1000, Object("a request"), int32(i%10), int32(10))
	}
	e.Args = args
}

// notable makes entry i one that tells of an event.
func (e *Entry) notable(i int) {
	name := "daemon" + strconv.Itoa(i/1000%300)
	e.Shared, e.Library, e.Args = false, "", e.Args[:0]
	if i%1000 == 499 {
		e.Type, e.Process, e.PID, e.Subsystem, e.Category = unifiedlog.TypeSimpledump, "/sbin/launchd", 1, "com.apple.xpc.launchd", ""
		e.Format = "Successfully spawned " + name + "[" + strconv.Itoa(i/1000+100) + "] because ipc (mach)"
		return
	}
	e.Process, e.PID, e.Subsystem, e.Category = "/kernel", 0, "", ""
	e.Format = "Sandbox: %{public}s(%d) deny(1) %{public}s"
	e.Args = append(e.Args, name, int32(i/1000+99), "file-read-data /private/var/mobile/Library/Preferences/com.example."+name+".plist")
}
