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

// WebPush reads which web sites may send notifications.
var WebPush = artifact.Parser{
	ID:    "ios.webpush",
	Title: lang.Text{EN: "Web sites that may send notifications", FR: "Sites web autorisés à envoyer des notifications"},
	Doc: `A web app on the home screen may ask to send notifications (iOS 16.4 and later). The
daemon webpushd keeps, in PushDatabase.db, each app with the origin, the pages that the
notifications are for and the time of the consent, until the consent is withdrawn or
the web app removed. A notification leads to a page with one touch, so a site that
nobody remembers deserves a look. Most phones have none or few. Keys are not kept.`,
	Inputs: []artifact.Pattern{
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/**/PushDatabase.db"},
	},
	Record: webPushSubscription{},
	Refs:   []string{"https://github.com/WebKit/WebKit/blob/main/Source/WebCore/Modules/push-api/PushDatabase.cpp"},
	Parse:  from.SQLite(webPushRead),
}

// webPushSubscription is one row of Subscriptions with that of SubscriptionSets
// that it belongs to, or one of the latter without one. Times are seconds since
// 1970 UTC.
type webPushSubscription struct {
	Created    record.Time `json:"created"`     // column Subscriptions.creationTime
	SetCreated record.Time `json:"set_created"` // column SubscriptionSets.creationTime: the first one of the origin
	Expires    record.Time `json:"expires"`     // column Subscriptions.expirationTime, not set if it never does

	App       record.App `json:"app,omitempty"`       // column SubscriptionSets.bundleID
	Origin    record.URL `json:"origin,omitempty"`    // column SubscriptionSets.securityOrigin
	Scope     record.URL `json:"scope,omitempty"`     // column Subscriptions.scope: the pages that it is for
	Endpoint  record.URL `json:"endpoint,omitempty"`  // column Subscriptions.endpoint: where the site sends notifications to, at Apple
	Topic     string     `json:"topic,omitempty"`     // column Subscriptions.topic
	Partition string     `json:"partition,omitempty"` // column SubscriptionSets.pushPartition: the web app, in later versions
	State     string     `json:"state,omitempty"`     // column SubscriptionSets.state: enabled or ignored
	Silent    int64      `json:"silent"`              // column SubscriptionSets.silentPushCount: notifications that showed nothing
}

// String implements [record.Data].
func (s webPushSubscription) String() string {
	return record.Line(fmt.Sprintf("Notifications of %s for %s", s.Origin, s.Scope))
}

func webPushRead(in *artifact.Input, db *sqlite.DB, yield func(record.Record, error) bool) {
	if len(db.Tables()) == 0 {
		return // nothing was asked yet
	}
	sets, more := from.Join(db, "SubscriptionSets", yield, func(r sqlite.Row) (int64, webPushSubscription) {
		return r.ID, webPushSet(r)
	})
	used := map[int64]bool{}
	if !more || !from.Rows(in, db, "Subscriptions", yield, func(r sqlite.Row) (webPushSubscription, bool) {
		s := sets[r.Int("subscriptionSetID")]
		used[r.Int("subscriptionSetID")] = true
		s.Created = epoch.Unix(r.Int("creationTime"))
		s.Expires = epoch.UnixReal(r.Float("expirationTime"))
		s.Scope = record.URL(r.Text("scope"))
		s.Endpoint = record.URL(r.Text("endpoint"))
		s.Topic = r.Text("topic")
		return s, true
	}) {
		return
	}
	if _, ok := db.Table("SubscriptionSets"); !ok {
		return
	}
	from.Rows(in, db, "SubscriptionSets", yield, func(r sqlite.Row) (webPushSubscription, bool) {
		return webPushSet(r), r.State != sqlite.Live || !used[r.ID]
	})
}

func webPushSet(r sqlite.Row) webPushSubscription {
	return webPushSubscription{
		SetCreated: epoch.Unix(r.Int("creationTime")),
		App:        record.App(r.Text("bundleID")),
		Origin:     record.URL(r.Text("securityOrigin")),
		Partition:  r.Text("pushPartition"),
		State:      record.Name(r.Int("state"), "enabled", "ignored"),
		Silent:     r.Int("silentPushCount"),
	}
}
