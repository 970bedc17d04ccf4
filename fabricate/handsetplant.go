package fabricate

import (
	"path"

	"github.com/vigie-project/vigie/detect"
)

// Programs in places that public reports name, and one of the spyware that does not
// exist. They do nothing: only their names are written.
const (
	plantedSpy     = staging + spyProcess // found by the indicator
	plantedPegasus = staging + "rolexd"
	plantedQuaDr   = staging + "subridged"
	plantedPredat  = "/private/var/tmp/UserEventAgent"
	plantedCoruna  = "/private/var/tmp/upgrade.dylib"
	plantedTriang  = "BackupAgent"
	plantedHooked  = handsetPerch + ".hooked"
	plantedHelper  = handsetApps + "6E02A4C9-51D7-4F0B-8A36-1B9D3C7E4F02/Perch.app/finch"
	plantedArgs    = "dGNwOi8vMjAzLjAuMTEzLjc6Mjk1NTIvZmluY2gvY2hhbm5lbC9vbmUvbGlzdGVu" // tcp://203.0.113.7:29552/…
)

// plantPrograms adds the programs of the spyware, and of an app that was replaced by
// one with another in it, as in a public exercise.
func (h *handset) plantPrograms() {
	if !h.infected() {
		return
	}
	h.run(program{path: plantedSpy, hours: handsetImplant, hidden: true})
	h.run(program{path: plantedQuaDr, hours: handsetImplant})
	h.run(program{path: plantedPredat, hours: handsetImplant - 1, uid: 501})
	for _, p := range h.programs {
		if p.name() == "imagent" {
			p.images = append(p.images, plantedCoruna)
		}
	}
	app := h.run(program{path: plantedHooked, bundle: "com.example.perch", uid: 501, hours: 4, app: true})
	h.run(program{path: plantedHelper, arguments: plantedArgs, ppid: app.pid, hours: 3.5})
	if h.kind == Filesystem {
		return
	}
	h.found("process-running", "ios.processes", plantedSpy, detect.Strong, "a process of the spyware, which runs", 0)
	h.ruled("staging-running", "ios.processes", plantedSpy, detect.Strong, "a program that runs from the staging folder", 0)
	h.ruled("process-hidden", "ios.processes", plantedSpy, detect.NeedsExpert, "a program that ps does not list", 0)
	h.ruled("quadream-running", "ios.processes", plantedQuaDr, detect.Confirmed, "a program in a place that reports about QuaDream name", 0)
	h.ruled("predator-running", "ios.processes", plantedPredat, detect.Confirmed, "a program in a place that reports about Predator name", 0)
	h.ruled("coruna-image", "ios.processimages", plantedCoruna, detect.Strong, "a library in a place that reports about Coruna name, in a process of iOS", 0)
	h.ruled("app-as-root", "ios.processes", plantedHelper, detect.NeedsExpert, "a program of an app that runs as root", 0)
	h.ruled("child-of-app", "ios.processes", path.Base(plantedHelper), detect.NeedsExpert, "a program that an app started", 0)
	h.ruled("arguments", "ios.processes", plantedArgs, detect.NeedsExpert, "a program of an app with a long encoded argument", 0)
}
