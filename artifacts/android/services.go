package android

import (
	"context"
	"fmt"
	"iter"
	"strconv"
	"strings"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// Services reads the list of the services of the system.
var Services = artifact.Parser{
	ID:    "android.services",
	Title: lang.Text{EN: "Services of the system", FR: "Services du système"},
	Doc: `service list names the services that are registered with the service manager, and the
interface of each that adb may ask. These are services of Android and of the vendor, not
those of apps: only processes that SELinux lets may register one. A name that neither
Android nor the vendor knows is worth a look. The list differs between phones and
versions.`,
	Inputs: []artifact.Pattern{{Kinds: evidence.AndroidQF, Glob: "androidqf/services.txt"}},
	Record: servicesService{},
	Refs:   []string{"https://android.googlesource.com/platform/frameworks/native/+/refs/heads/main/cmds/service/service.cpp"},
	Parse:  servicesParse,
}

// servicesService is one service.
type servicesService struct {
	Name      string `json:"name"`                // before the colon
	Interface string `json:"interface,omitempty"` // in brackets: name of the interface, "" if adb may not ask
}

// String implements [record.Data].
func (s servicesService) String() string {
	return record.Line(fmt.Sprintf("service %s [%s]", s.Name, s.Interface))
}

func servicesParse(_ context.Context, in *artifact.Input) iter.Seq2[record.Record, error] {
	return func(yield func(record.Record, error) bool) {
		stated, read := int64(-1), int64(0)
		for l, err := range from.Lines(in.File) {
			if err != nil {
				yield(record.Record{}, fmt.Errorf("read services: %w", err))
				return
			}
			line := strings.TrimSpace(l.String())
			if line == "" {
				continue
			}
			if n, ok := servicesHeading(line); ok {
				stated = n
				continue
			}
			s, ok := servicesLine(line)
			if !ok {
				if !yield(record.Record{}, fmt.Errorf("read services, line %d: unknown form: %q", l.Number, record.Line(line))) {
					return
				}
				continue
			}
			read++
			if !yield(in.Record(from.AtLine(l), s), nil) {
				return
			}
		}
		if stated >= 0 && stated != read {
			yield(record.Record{}, fmt.Errorf("read services: the heading tells of %d, %d are there", stated, read))
		}
	}
}

// servicesHeading reads "Found 187 services:".
func servicesHeading(line string) (n int64, ok bool) {
	count, ok := strings.CutPrefix(line, "Found ")
	if !ok {
		return 0, false
	}
	count, ok = strings.CutSuffix(count, " services:")
	n, err := strconv.ParseInt(count, 10, 64)
	return n, ok && err == nil
}

// servicesLine reads a line such as "12 telephony.registry: [com.android.internal.telephony.ITelephonyRegistry]",
// with a tab after the number.
func servicesLine(line string) (s servicesService, ok bool) {
	number, rest, _ := strings.Cut(line, "\t")
	if _, err := strconv.ParseInt(strings.TrimSpace(number), 10, 64); err != nil {
		return s, false
	}
	name, descriptor, ok := strings.Cut(strings.TrimSpace(rest), ": [")
	descriptor, end := strings.CutSuffix(descriptor, "]")
	if !ok || !end || name == "" {
		return s, false
	}
	return servicesService{name, descriptor}, true
}
