package ios

import (
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/format/protobuf"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// PrivacyAccounting reads accesses of apps to data and sensors.
var PrivacyAccounting = artifact.Parser{
	ID:    "ios.privacyaccounting",
	Title: lang.Text{EN: "Accesses to data and sensors (App Privacy Report)", FR: "Accès aux données et capteurs (rapport de confidentialité)"},
	Doc: `While the App Privacy Report is switched on in Settings, privacyaccountingd notes when
an app uses the microphone, the camera, contacts, photos or the location: an event when
an access begins and one when it ends, with the same identifier. They are kept for
seven days; deleted events keep their times only, for months. A client that is no app
of the phone, or an access while the screen is locked, deserves a look. Where the report
is off the streams are empty. An implant with kernel privileges leaves nothing.`,
	Inputs: []artifact.Pattern{
		{Kinds: evidence.IOSFilesystem, Glob: "private/var/mobile/Library/PrivacyAccounting/Biome/com.apple.privacy.accounting.stream.*/local/*"},
	},
	Record: privacyAccountingAccess{},
	Refs: []string{
		"https://developer.apple.com/documentation/network/privacy_management/inspecting_app_activity_data",
		"https://github.com/abrignoni/iLEAPP",
	},
	Parse: from.Segments(privacyAccountingRow),
}

// privacyAccountingAccess is the begin or the end of one access.
type privacyAccountingAccess struct {
	Time record.Time `json:"time"` // of the event in its segment, seconds since 2001 UTC

	Stream     string      `json:"stream"`                // what kind of access: com.apple.privacy.accounting.stream.tcc, location or oop
	Client     record.App  `json:"client,omitempty"`      // field 1.1.2: bundle identifier or path
	ClientType *int64      `json:"client_type,omitempty"` // field 1.1.1, not documented
	Service    string      `json:"service,omitempty"`     // field 2: TCC service; a number in the stream oop
	Kind       string      `json:"kind,omitempty"`        // field 1.3: begin or end were observed
	Access     string      `json:"access,omitempty"`      // field 1.2: identifier that both ends share, hexadecimal
	State      string      `json:"state,omitempty"`       // of the event, if it is not written
	Other      []record.KV `json:"other,omitempty"`       // other fields by their numbers
}

// String implements [record.Data].
func (a privacyAccountingAccess) String() string {
	return record.Line(fmt.Sprintf("%s: %s of access to %s%s", a.Client, a.Kind, strings.TrimPrefix(a.Stream, "com.apple.privacy.accounting.stream."), " "+a.Service))
}

func privacyAccountingRow(e from.Event) (privacyAccountingAccess, error) {
	a := privacyAccountingAccess{
		Time: e.Time, Stream: e.Stream, Client: record.App(e.Text(1, 1, 2)), ClientType: e.Int(1, 1, 1), Service: e.Text(2),
		State: e.State, Other: e.Rest("1.1.1", "1.1.2", "1.2", "1.3", "2"),
	}
	if n := e.Int(2); n != nil {
		a.Service = strconv.FormatInt(*n, 10)
	}
	if n := e.Int(1, 3); n != nil {
		a.Kind = record.Name(*n, "code 0", "event", "begin", "end")
	}
	if f, ok := protobuf.Find(e.Message, 1, 2); ok && f.Wire == protobuf.Bytes {
		a.Access = hex.EncodeToString(f.Data)
	}
	return a, e.Err()
}
