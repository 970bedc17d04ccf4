package ios

import (
	"fmt"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/epoch"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/format/sqlite"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// AdClicks reads what WebKit measures about advertisements.
var AdClicks = artifact.Parser{
	ID:    "ios.adclicks",
	Title: lang.Text{EN: "Clicks on advertisements measured by WebKit", FR: "Clics publicitaires mesurés par WebKit"},
	Doc: `Private click measurement keeps, in pcm.db, on which site or in which app an
advertisement was clicked, where it led, and when: for a week until somebody bought
something, then until the report is sent. It outlives cleared history for that time.
Spyware has been delivered by advertisements. Most phones have an empty database.`,
	Inputs: []artifact.Pattern{
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/**/pcm.db"},
	},
	Record: adclicksClick{},
	Refs: []string{
		"https://github.com/WebKit/WebKit/blob/main/Source/WebKit/NetworkProcess/PrivateClickMeasurement/PrivateClickMeasurementDatabase.cpp",
		"https://webkit.org/blog/11529/introducing-private-click-measurement-pcm/",
	},
	Parse: from.SQLite(adclicksRead),
}

// adclicksClick is one click, a row of UnattributedPrivateClickMeasurement or of
// AttributedPrivateClickMeasurement, or a domain without one. Times are seconds since 1970 UTC; -1 is none.
type adclicksClick struct {
	Clicked    record.Time `json:"clicked"`               // column timeOfAdClick
	SendSource record.Time `json:"send_source,omitempty"` // column earliestTimeToSendToSource: when a report is due; attributed clicks
	SendTarget record.Time `json:"send_target,omitempty"` // column earliestTimeToSendToDestination, likewise

	Source   record.Domain `json:"source"`              // PCMObservedDomains.registrableDomain by sourceSiteDomainID, or its number
	Target   record.Domain `json:"target,omitempty"`    // the same by destinationSiteDomainID, in earlier versions attributeOnSiteDomainID
	App      record.App    `json:"app,omitempty"`       // column sourceApplicationBundleID
	SourceID int64         `json:"source_id,omitempty"` // column sourceID: number of the campaign
	Kind     string        `json:"kind"`                // from the table: "click", "attributed click" (something was bought) or "domain": one that no click names any more
}

// String implements [record.Data].
func (c adclicksClick) String() string {
	if c.Kind == "domain" {
		return record.Line("domain of a measured advertisement: " + string(c.Source))
	}
	return record.Line(fmt.Sprintf("advertisement of %s clicked on %s, %s", c.Target, c.Source, c.App))
}

func adclicksRead(in *artifact.Input, db *sqlite.DB, yield func(record.Record, error) bool) {
	domains, more := from.Join(db, "PCMObservedDomains", yield, func(r sqlite.Row) (int64, string) {
		return r.Int("domainID"), r.Text("registrableDomain")
	})
	if !more {
		return
	}
	domain := func(id int64) record.Domain {
		if d := domains[id]; d != "" {
			return record.Domain(d)
		}
		return record.Domain(fmt.Sprintf("domain %d", id))
	}
	used := map[int64]bool{}
	for _, t := range adclicksTables {
		table, kind := t[0], t[1]
		more := from.Rows(in, db, table, yield, func(r sqlite.Row) (adclicksClick, bool) {
			c := adclicksClick{
				Clicked:    adclicksTime(r, "timeOfAdClick"),
				SendSource: adclicksTime(r, "earliestTimeToSendToSource"),
				SendTarget: adclicksTime(r, "earliestTimeToSendToDestination"),
				Source:     domain(r.Int("sourceSiteDomainID")),
				App:        record.App(r.Text("sourceApplicationBundleID")),
				SourceID:   r.Int("sourceID"),
				Kind:       kind,
			}
			target := r.Int("destinationSiteDomainID")
			if !r.Has("destinationSiteDomainID") {
				target = r.Int("attributeOnSiteDomainID")
			}
			c.Target = domain(target)
			used[target], used[r.Int("sourceSiteDomainID")] = true, true
			return c, true
		})
		if !more {
			return
		}
	}
	if _, ok := db.Table("PCMObservedDomains"); ok {
		from.Rows(in, db, "PCMObservedDomains", yield, func(r sqlite.Row) (adclicksClick, bool) {
			return adclicksClick{Source: record.Domain(r.Text("registrableDomain")), Kind: "domain"}, r.State != sqlite.Live || !used[r.Int("domainID")]
		})
	}
}

// adclicksTables lists the tables of clicks and what they hold.
var adclicksTables = [][2]string{
	{"UnattributedPrivateClickMeasurement", "click"},
	{"AttributedPrivateClickMeasurement", "attributed click"},
}

func adclicksTime(r sqlite.Row, column string) record.Time {
	if sec := r.Float(column); sec != -1 {
		return epoch.UnixReal(sec)
	}
	return record.Time{}
}
