package ios

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/format/lines"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// SWCUtil reads which domains apps are associated with.
var SWCUtil = artifact.Parser{
	ID:    "ios.swcutil",
	Title: lang.Text{EN: "Domains associated with apps", FR: "Domaines associés aux apps"},
	Doc: `An app can name domains whose links it opens and whose passwords it may use; swcd asks
each domain whether that is so. swcutil_show.txt in a sysdiagnose lists all pairs with
the team that signed the app and when the domain was last asked. It is a list of apps
that does not depend on others, and links apps to who runs them. Apps without such
domains are not in it. Statistics at the end are not read.`,
	Inputs: []artifact.Pattern{{Kinds: evidence.IOSSysdiagnose, Glob: "sysdiagnose/swcutil_show.txt"}},
	Record: swcutilPair{},
	Refs:   []string{"https://developer.apple.com/documentation/xcode/supporting-associated-domains", "https://github.com/EC-DIGIT-CSIRC/sysdiagnose"},
	Parse:  swcutilParse,
}

// swcutilPair is one app with one domain, or one setting that the user made for it.
type swcutilPair struct {
	Checked record.Time `json:"checked"` // Last Checked, with offset from UTC
	Next    record.Time `json:"next"`    // Next Check, with offset from UTC

	Section  string        `json:"section"`            // DATABASE or SETTINGS
	Service  string        `json:"service,omitempty"`  // Service: applinks, webcredentials, activitycontinuation…
	AppID    string        `json:"app_id,omitempty"`   // App ID as printed: team, dot, bundle identifier
	App      record.App    `json:"app,omitempty"`      // the bundle identifier in it
	Team     string        `json:"team,omitempty"`     // the team in it
	Version  string        `json:"version,omitempty"`  // App Version
	Domain   record.Domain `json:"domain,omitempty"`   // Domain, without "*."
	Approval string        `json:"approval,omitempty"` // Site/Fmwk Approval: whether the domain agreed
	User     string        `json:"user,omitempty"`     // User Approval
	Other    []record.KV   `json:"other,omitempty"`    // other keys, and times that cannot be read
	Left     int64         `json:"left,omitempty"`     // keys beyond the first 64, which are not kept
}

// String implements [record.Data].
func (p swcutilPair) String() string {
	return record.Line(fmt.Sprintf("Domain %s of app %s (%s)", p.Domain, p.AppID, p.Service))
}

// swcutilMaxOther bounds the other keys of one pair.
const swcutilMaxOther = 64

func swcutilParse(_ context.Context, in *artifact.Input) iter.Seq2[record.Record, error] {
	return func(yield func(record.Record, error) bool) {
		var open *swcutilPair
		var at record.Origin
		flush := func() bool {
			p := open
			open = nil
			return p == nil || yield(in.Record(at, *p), nil)
		}
		section, blank := "", true
		for l, err := range from.Lines(in.File) {
			if err != nil {
				yield(record.Record{}, fmt.Errorf("read domains: %w", err))
				return
			}
			text := strings.TrimSpace(l.String())
			blank = blank && text == ""
			heading := strings.Trim(text, "=")
			switch {
			case text == "":
			case len(text)-len(heading) >= 8 && text[0] == '=' && strings.TrimSpace(heading) != "":
				if !flush() {
					return
				}
				section = strings.TrimSpace(heading)
			case strings.Trim(text, "-=") == "":
				if !flush() {
					return
				}
			case section == "SETTINGS" && text[0] == '{':
				if !flush() {
					return
				}
				open, at = swcutilSetting(text), from.AtLine(l)
			case section == "DATABASE" || section == "SETTINGS":
				if open == nil {
					open, at = &swcutilPair{Section: section}, from.AtLine(l)
				}
				open.line(l, text)
			}
		}
		if flush() && section == "" && !blank {
			yield(record.Record{}, errors.New("read domains: no heading of a section"))
		}
	}
}

// swcutilSetting reads "{ s = service, a = app, d = domain }: { ".
func swcutilSetting(text string) *swcutilPair {
	p := &swcutilPair{Section: "SETTINGS"}
	inside, rest, _ := strings.Cut(strings.TrimPrefix(text, "{"), "}")
	for piece := range strings.SplitSeq(inside, ",") {
		key, value, _ := strings.Cut(piece, "=")
		name := map[string]string{"s": "Service", "a": "App ID", "d": "Domain"}[strings.TrimSpace(key)]
		if name == "" {
			name = strings.TrimSpace(key)
		}
		p.set(name, strings.TrimSpace(value))
	}
	p.pairs(strings.TrimPrefix(rest, ":"))
	return p
}

// line reads a line of a pair: "Key: value", or values of a setting.
func (p *swcutilPair) line(l lines.Line, text string) {
	if p.Section == "SETTINGS" {
		p.pairs(text)
		return
	}
	key, value, ok := strings.Cut(text, ":")
	if !ok {
		key, value = fmt.Sprintf("line %d", l.Number), text
	}
	p.set(strings.TrimSpace(key), strings.TrimSpace(value))
}

// pairs reads "{ "key" = value; }", of which a line can have any part.
func (p *swcutilPair) pairs(text string) {
	for piece := range strings.FieldsFuncSeq(text, func(r rune) bool { return r == '{' || r == '}' || r == ';' }) {
		if key, value, ok := strings.Cut(piece, "="); ok {
			p.set(strings.Trim(key, " \"\t"), strings.Trim(value, " \"\t"))
		}
	}
}

// set sets the field of a key.
func (p *swcutilPair) set(key, value string) {
	at := map[string]*record.Time{"Last Checked": &p.Checked, "Next Check": &p.Next}[key]
	text := map[string]*string{"Service": &p.Service, "App Version": &p.Version, "Site/Fmwk Approval": &p.Approval, "User Approval": &p.User}[key]
	switch {
	case at != nil && !at.IsSet() && from.Stamp(value).IsSet():
		*at = from.Stamp(value)
	case text != nil && *text == "":
		*text = value
	case key == "App ID" && p.AppID == "":
		p.AppID, p.App = value, record.App(value)
		if team, app, ok := strings.Cut(value, "."); ok && len(team) == 10 && team == strings.ToUpper(team) {
			p.Team, p.App = team, record.App(app)
		}
	case key == "Domain" && p.Domain == "":
		p.Domain = record.Domain(strings.TrimPrefix(value, "*."))
	case len(p.Other) == swcutilMaxOther:
		p.Left++
	default:
		p.Other = append(p.Other, record.KV{Key: key, Value: value})
	}
}
