package ios

import (
	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/epoch"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/format/sqlite"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// ResourceLoadStatistics reads the domains that WebKit loaded something from.
var ResourceLoadStatistics = artifact.Parser{
	ID:    "ios.resourceloadstatistics",
	Title: lang.Text{EN: "Domains seen by WebKit", FR: "Domaines vus par WebKit"},
	Doc: `Tracking prevention of WebKit notes every domain that a page of Safari, of
an app with a web view or of a daemon was or loaded something from, in one
database for each of them, until website data is cleared. It has the registrable
domain only (example.com, never www.example.com) and times to five seconds. A
domain seen once, at the time of an exploit, without any interaction, is what a
landing page leaves. It often survives a cleared history. Private browsing leaves
nothing here.`,
	Inputs: []artifact.Pattern{
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/**/ResourceLoadStatistics/observations.db"},
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/**/WebsiteData/observations.db"},
	},
	Record: resourceLoadStatisticsDomain{},
	Refs: []string{
		"https://docs.mvt.re/en/latest/ios/records/#webkit_resource_load_statisticsjson",
		"https://github.com/WebKit/WebKit/blob/main/Source/WebKit/NetworkProcess/Classifier/ResourceLoadStatisticsStore.cpp",
	},
	Parse: from.Table("ObservedDomains", resourceLoadStatisticsRow),
}

// resourceLoadStatisticsDomain is one registrable domain.
type resourceLoadStatisticsDomain struct {
	// When something was last loaded from the domain, to five seconds, and when
	// the user last touched a page of it or used a notification of it. Columns
	// lastSeen, mostRecentUserInteractionTime and (later systems)
	// mostRecentWebPushInteractionTime, seconds since 1970 UTC; -1 means never
	// and is not set here.
	Seen       record.Time `json:"seen"`
	Interacted record.Time `json:"interacted"`
	Pushed     record.Time `json:"pushed"`

	Domain      record.Domain `json:"domain"`              // column registrableDomain
	Interaction bool          `json:"interaction"`         // column hadUserInteraction
	Prevalent   bool          `json:"prevalent,omitempty"` // columns isPrevalent or isVeryPrevalent: seems to track people
	Imported    bool          `json:"imported,omitempty"`  // column grandfathered: from before WebKit kept statistics
	Erased      int64         `json:"erased,omitempty"`    // column dataRecordsRemoved: times that data of the domain was removed
	FirstParty  int64         `json:"first_party"`         // column timesAccessedAsFirstPartyDueToUserInteraction
	Granted     int64         `json:"granted,omitempty"`   // column timesAccessedAsFirstPartyDueToStorageAccessAPI
	RemovalDue  bool          `json:"removal_due"`         // column isScheduledForAllButCookieDataRemoval
	ID          int64         `json:"domain_id"`           // column domainID
}

// String implements [record.Data].
func (d resourceLoadStatisticsDomain) String() string {
	s := "WebKit loaded from " + string(d.Domain)
	if d.Interaction {
		s += ", with user interaction"
	}
	return record.Line(s)
}

func resourceLoadStatisticsRow(r sqlite.Row) resourceLoadStatisticsDomain {
	return resourceLoadStatisticsDomain{
		Seen:        resourceLoadStatisticsTime(r, "lastSeen"),
		Interacted:  resourceLoadStatisticsTime(r, "mostRecentUserInteractionTime"),
		Pushed:      resourceLoadStatisticsTime(r, "mostRecentWebPushInteractionTime"),
		Domain:      record.Domain(r.Text("registrableDomain")),
		Interaction: r.Int("hadUserInteraction") != 0,
		Prevalent:   r.Int("isPrevalent") != 0 || r.Int("isVeryPrevalent") != 0,
		Imported:    r.Int("grandfathered") != 0,
		Erased:      r.Int("dataRecordsRemoved"),
		FirstParty:  r.Int("timesAccessedAsFirstPartyDueToUserInteraction"),
		Granted:     r.Int("timesAccessedAsFirstPartyDueToStorageAccessAPI"),
		RemovalDue:  r.Int("isScheduledForAllButCookieDataRemoval") != 0,
		ID:          r.Int("domainID"),
	}
}

func resourceLoadStatisticsTime(r sqlite.Row, col string) record.Time {
	if sec := r.Float(col); sec != -1 {
		return epoch.UnixReal(sec)
	}
	return record.Time{}
}
