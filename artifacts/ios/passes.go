package ios

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"maps"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/epoch"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// Passes reads the files of the passes in Wallet.
var Passes = artifact.Parser{
	ID:    "ios.passes",
	Title: lang.Text{EN: "Files of passes in Wallet", FR: "Fichiers des cartes de Wallet"},
	Doc: `Each pass in Wallet has a folder with a file pass.json that its issuer wrote and signed:
who issued it, where it asks for updates, and what it shows. BLASTPASS, an exploit of
2023, was sent as a pass; one of an issuer that the owner does not know deserves a look.
Of what a pass shows only texts with links are read, and neither numbers of cards nor
codes that open something. When it was taken in is in ios.wallet.`,
	Inputs: []artifact.Pattern{
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/mobile/Library/Passes/Cards/*.pkpass/pass.json"},
	},
	Record: passesPass{},
	Refs: []string{
		"https://developer.apple.com/documentation/walletpasses/pass",
		"https://citizenlab.ca/2023/09/blastpass-nso-group-iphone-zero-click-zero-day-exploit-captured-in-the-wild/",
	},
	Parse: passesParse,
}

// passesPass is one pass. Times are written with their offset.
type passesPass struct {
	Expires  record.Time `json:"expires,omitempty"`  // key expirationDate
	Relevant record.Time `json:"relevant,omitempty"` // key relevantDate

	Organization record.Text   `json:"organization"`      // key organizationName
	Description  record.Text   `json:"description"`       // key description
	Logo         record.Text   `json:"logo,omitempty"`    // key logoText
	Type         string        `json:"type"`              // key passTypeIdentifier
	Team         string        `json:"team"`              // key teamIdentifier: of the developer that signed it
	Serial       string        `json:"serial"`            // key serialNumber
	Service      record.URL    `json:"service,omitempty"` // key webServiceURL: where it asks for updates
	Launch       record.URL    `json:"launch,omitempty"`  // key appLaunchURL: what it gives to its app
	Links        []record.Text `json:"links,omitempty"`   // other values that hold what looks like a link
	Dates        []record.KV   `json:"dates,omitempty"`   // dates that are in no known form, by their key
	Folder       string        `json:"folder"`            // name of its folder without .pkpass: column unique_id of ios.wallet
}

// String implements [record.Data].
func (p passesPass) String() string {
	return record.Line(fmt.Sprintf("file of pass %s of %s", p.Type, p.Organization))
}

// Limits of what is read of a pass.
const (
	passesSize  = 4 << 20 // bytes
	passesDepth = 64
	passesLinks = 1 << 10
)

func passesParse(_ context.Context, in *artifact.Input) iter.Seq2[record.Record, error] {
	return func(yield func(record.Record, error) bool) {
		b, err := io.ReadAll(io.NewSectionReader(in.File, 0, passesSize+1))
		if err != nil {
			yield(record.Record{}, fmt.Errorf("read pass: %w", err))
			return
		}
		if len(b) > passesSize {
			yield(record.Record{}, fmt.Errorf("read pass: more than %d bytes", passesSize))
			return
		}
		var v any
		if err := json.Unmarshal(b, &v); err != nil {
			yield(record.Record{}, fmt.Errorf("read pass: %w", err))
			return
		}
		pass, ok := v.(map[string]any)
		if !ok {
			yield(record.Record{}, errors.New("read pass: the file is no JSON object"))
			return
		}
		p := passesRead(pass)
		p.Folder = strings.TrimSuffix(path.Base(path.Dir(in.Path)), ".pkpass")
		err = p.links(pass, 0)
		if yield(in.Record(record.Origin{Table: "pass"}, p), nil) && err != nil {
			yield(record.Record{}, fmt.Errorf("read pass: %w", err))
		}
	}
}

// passesKnown lists the keys that have a field, and authenticationToken, which
// is a secret.
var passesKnown = []string{"organizationName", "description", "logoText", "passTypeIdentifier", "teamIdentifier", "serialNumber",
	"webServiceURL", "appLaunchURL", "expirationDate", "relevantDate", "authenticationToken"}

func passesRead(pass map[string]any) (p passesPass) {
	text := func(key string) string {
		s, _ := pass[key].(string)
		return s
	}
	p = passesPass{
		Organization: record.Text(text("organizationName")),
		Description:  record.Text(text("description")),
		Logo:         record.Text(text("logoText")),
		Type:         text("passTypeIdentifier"),
		Team:         text("teamIdentifier"),
		Serial:       text("serialNumber"),
		Service:      record.URL(text("webServiceURL")),
		Launch:       record.URL(text("appLaunchURL")),
	}
	for _, d := range []struct {
		key string
		to  *record.Time
	}{{"expirationDate", &p.Expires}, {"relevantDate", &p.Relevant}} {
		s := text(d.key)
		if *d.to = passesTime(s); s != "" && !d.to.IsSet() {
			p.Dates = append(p.Dates, record.KV{Key: d.key, Value: s})
		}
	}
	return p
}

// passesTime reads a date, whose seconds may be left out.
func passesTime(s string) record.Time {
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04Z07:00", "2006-01-02T15:04:05Z0700"} {
		if t, err := time.Parse(layout, s); err == nil {
			r := epoch.Date(t)
			r.Rule, r.Zone = record.AsText, record.RecordedOffset
			return r
		}
	}
	return record.Time{}
}

var passesErr = errors.New("more links or depth than is read")

// links collects the texts with links below a value.
func (p *passesPass) links(v any, depth int) (err error) {
	if depth > passesDepth || len(p.Links) > passesLinks {
		return passesErr
	}
	switch v := v.(type) {
	case string:
		if from.HasLink(v) {
			p.Links = append(p.Links, record.Text(v))
		}
	case []any:
		for _, e := range v {
			err = errors.Join(err, p.links(e, depth+1))
		}
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(v)) {
			if depth > 0 || !slices.Contains(passesKnown, key) {
				err = errors.Join(err, p.links(v[key], depth+1))
			}
		}
	}
	if err != nil {
		return passesErr
	}
	return nil
}
