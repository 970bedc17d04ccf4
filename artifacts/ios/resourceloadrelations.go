package ios

import (
	"context"
	"fmt"
	"iter"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/epoch"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/format/sqlite"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// ResourceLoadRelations reads which domain led to which.
var ResourceLoadRelations = artifact.Parser{
	ID:    "ios.resourceloadrelations",
	Title: lang.Text{EN: "Redirections and frames seen by WebKit", FR: "Redirections et cadres vus par WebKit"},
	Doc: `Beside the domains themselves (ios.resourceloadstatistics), tracking
prevention of WebKit notes how they are connected: which domain redirected a page
to which, which one was framed or loaded under which, which one opened another by
a link with an identifier in it. It rebuilds the chain that led to an exploit:
a message with a short link, a redirector, the landing domain. Most relations
have no time of their own; the domains have. Old rows are removed as domains are
forgotten, or when website data is cleared.`,
	Inputs: []artifact.Pattern{
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/**/ResourceLoadStatistics/observations.db"},
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/**/WebsiteData/observations.db"},
	},
	Record: resourceLoadRelationsLink{},
	Refs:   []string{"https://github.com/WebKit/WebKit/blob/main/Source/WebKit/NetworkProcess/Classifier/ResourceLoadStatisticsStore.cpp"},
	Parse:  resourceLoadRelationsParse,
}

// resourceLoadRelationsLink connects two registrable domains.
type resourceLoadRelationsLink struct {
	// When the connection was last seen. Column lastUpdated, seconds since 1970
	// UTC; only some tables have it.
	Updated record.Time `json:"updated"`

	Domain    record.Domain `json:"domain"`            // by ObservedDomains; empty if the domain, or this row, is not there any more
	Relation  string        `json:"relation"`          // the meaning of the table, so that "domain relation related" reads as a sentence
	Related   record.Domain `json:"related,omitempty"` // by ObservedDomains
	DomainID  int64         `json:"domain_id"`
	RelatedID int64         `json:"related_id,omitempty"`
}

// String implements [record.Data].
func (r resourceLoadRelationsLink) String() string {
	return record.Line(fmt.Sprintf("%s %s %s", r.Domain, r.Relation, r.Related))
}

// resourceLoadRelations are the tables that connect domains, with the columns
// that hold the two numbers.
var resourceLoadRelations = []struct{ table, domain, related, relation string }{
	{"TopFrameUniqueRedirectsTo", "sourceDomainID", "toDomainID", "redirected a page to"},
	{"TopFrameUniqueRedirectsToSinceSameSiteStrictEnforcement", "sourceDomainID", "toDomainID", "redirected a page (since cookies are strict) to"},
	{"TopFrameUniqueRedirectsFrom", "targetDomainID", "fromDomainID", "became a page by redirection from"},
	{"TopFrameLinkDecorationsFrom", "toDomainID", "fromDomainID", "was opened by a link with an identifier from"},
	{"TopFrameLoadedThirdPartyScripts", "topFrameDomainID", "subresourceDomainID", "loaded a script of"},
	{"SubframeUnderTopFrameDomains", "subFrameDomainID", "topFrameDomainID", "was a frame in a page of"},
	{"SubresourceUnderTopFrameDomains", "subresourceDomainID", "topFrameDomainID", "was loaded by a page of"},
	{"SubresourceUniqueRedirectsTo", "subresourceDomainID", "toDomainID", "redirected a resource to"},
	{"SubresourceUniqueRedirectsFrom", "subresourceDomainID", "fromDomainID", "was loaded by redirection from"},
	{"StorageAccessUnderTopFrameDomains", "domainID", "topLevelDomainID", "was granted its cookies in a page of"},
	{"TopLevelDomains", "topLevelDomainID", "", "was a page that granted cookies"},
}

func resourceLoadRelationsParse(_ context.Context, in *artifact.Input) iter.Seq2[record.Record, error] {
	return func(yield func(record.Record, error) bool) {
		from.Database(in, yield, func(db *sqlite.DB) bool {
			domains, errs := from.Lookup(db, "ObservedDomains", func(r sqlite.Row) (int64, string) {
				return r.Int("domainID"), r.Text("registrableDomain")
			})
			for _, err := range errs {
				if !yield(record.Record{}, err) {
					return false
				}
			}
			for _, rel := range resourceLoadRelations {
				if _, ok := db.Table(rel.table); !ok {
					continue // each version of WebKit has some of them
				}
				ok := from.Rows(in, db, rel.table, yield, func(r sqlite.Row) (resourceLoadRelationsLink, bool) {
					d := resourceLoadRelationsLink{
						Updated:   epoch.UnixReal(r.Float("lastUpdated")),
						Relation:  rel.relation,
						DomainID:  r.Int(rel.domain),
						RelatedID: r.Int(rel.related),
					}
					if r.State == sqlite.Live { // the number of a deleted domain is used again
						d.Domain, d.Related = record.Domain(domains[d.DomainID]), record.Domain(domains[d.RelatedID])
					}
					return d, true
				})
				if !ok {
					return false
				}
			}
			return true
		})
	}
}
