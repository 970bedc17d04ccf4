package ios

import (
	"context"
	"iter"
	"path"
	"strings"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// Biome reads the event streams that have no parser of their own.
var Biome = artifact.Parser{
	ID:    "ios.biome",
	Title: lang.Text{EN: "Other event streams (Biome)", FR: "Autres flux d'événements (Biome)"},
	Doc: `The system keeps streams of events for suggestions, screen time and other purposes,
in segments that are pruned after days to a year. This shows the events of each stream
that has no artifact of its own here, field by field, since Apple documents none of
them: values are matched with indicators all the same. The streams named tombstone say
which segments were pruned and by whom. Deleted events keep their times only.`,
	Inputs: append(from.Biome("*"),
		artifact.Pattern{Kinds: evidence.IOSFilesystem, Glob: "private/var/mobile/Library/Biome/streams/*/*/local/tombstone/*"},
		artifact.Pattern{Kinds: evidence.IOSFilesystem, Glob: "private/var/db/biome/streams/*/*/local/tombstone/*"},
		artifact.Pattern{Kinds: evidence.IOSFilesystem, Glob: "private/var/mobile/Library/DuetExpertCenter/streams/*/local/*"},
		artifact.Pattern{Kinds: evidence.IOSFilesystem, Glob: "private/var/mobile/Library/DuetActivityScheduler/Biome/*/local/*"},
	),
	Record: biomeEvent{},
	Refs: []string{
		"https://www.cclsolutionsgroup.com/post/a-biome-specification",
		"https://github.com/cclgroupltd/ccl-segb",
	},
	Parse: biomeParse,
}

// biomeEvent is one event.
type biomeEvent struct {
	Time     record.Time `json:"time"`     // of the event in its segment, seconds since 2001 UTC
	Modified record.Time `json:"modified"` // second time of older segments, if it differs

	Stream string      `json:"stream"`           // name of the stream, from the path
	State  string      `json:"state,omitempty"`  // of the event, if it is not written
	Device string      `json:"device,omitempty"` // other device of the account that sent it
	Fields []record.KV `json:"fields,omitempty"` // numbers of the fields and their values, or the payload if it is no protocol buffer
}

// String implements [record.Data].
func (e biomeEvent) String() string {
	return record.Line(from.SettingLine(e.Stream, "", e.Fields))
}

// biomeOwn are the streams that have parsers of their own, as beginnings of
// names; one that ends with a space is a whole name.
var biomeOwn = []string{"App.InFocus ", "App.WebUsage ", "Safari.Navigations ", "_DKEvent.", "App.Install ", "Notification ", "Notification.Usage ",
	"App.Intent ", "Device.", "ProactiveHarvesting.Messages ", "ProactiveHarvesting.Mail ", "Messages.Read "}

func biomeParse(ctx context.Context, in *artifact.Input) iter.Seq2[record.Record, error] {
	if strings.Contains(in.Path, "/streams/") && !strings.Contains(in.Path, "/tombstone/") {
		for _, own := range biomeOwn {
			if before, _, ok := strings.Cut(in.Path, "/local/"); ok && strings.HasPrefix(path.Base(before)+" ", own) {
				return func(func(record.Record, error) bool) {}
			}
			if before, _, ok := strings.Cut(in.Path, "/remote/"); ok && strings.HasPrefix(path.Base(before)+" ", own) {
				return func(func(record.Record, error) bool) {}
			}
		}
	}
	return from.Segments(biomeRow)(ctx, in)
}

func biomeRow(e from.Event) (biomeEvent, error) {
	b := biomeEvent{Time: e.Time, Modified: e.Modified, Stream: e.Stream, State: e.State, Device: e.Device}
	if len(e.Message) == 0 {
		return b, nil
	}
	if strings.HasPrefix(string(e.Message), "bplist0") {
		var err error
		b.Fields, err = from.Blob(e.Message)
		return b, err
	}
	fields, err := from.MessageLeaves(e.Message)
	if err != nil { // no protocol buffer
		b.Fields = []record.KV{{Key: "payload", Value: from.Data(e.Message)}}
		return b, nil
	}
	b.Fields = fields
	return b, nil
}
