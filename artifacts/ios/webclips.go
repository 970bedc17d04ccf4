package ios

import (
	"fmt"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/format/plist"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// WebClips reads the web pages that were put on the home screen.
var WebClips = artifact.Parser{
	ID:    "ios.webclips",
	Title: lang.Text{EN: "Web clips", FR: "Clips web"},
	Doc: `A web clip is an icon on the home screen that opens a web page, made by a person
in Safari or installed by a configuration profile, and there until it is removed.
One that looks like an app and opens an unknown address is a way of phishing and of
installing things; one that cannot be removed comes from a profile. App clips and
placeholders have such folders too. Most devices have few or none.`,
	Inputs: []artifact.Pattern{
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/mobile/**/WebClips/*.webclip/Info.plist"},
	},
	Record: webClipsClip{},
	Refs:   []string{"https://support.apple.com/guide/deployment/web-clips-payload-settings-depbc7c7808/web"},
	Parse:  from.Plist(webClipsRead),
}

// webClipsClip is one web clip.
type webClipsClip struct {
	URL        record.URL  `json:"url"`                  // URL
	Title      record.Text `json:"title"`                // Title
	FullScreen bool        `json:"full_screen"`          // FullScreen: without the bars of Safari
	Fixed      bool        `json:"fixed"`                // RemovalDisallowed: a profile forbids to remove it
	App        record.App  `json:"app,omitempty"`        // ApplicationBundleIdentifier: the app that opens it, or that it stands for
	Attributes []record.KV `json:"attributes,omitempty"` // its other keys
}

// String implements [record.Data].
func (c webClipsClip) String() string {
	return record.Line(fmt.Sprintf("Web clip %q opens %s", c.Title, c.URL))
}

func webClipsRead(in *artifact.Input, root plist.Value, yield func(record.Record, error) bool) {
	if root.Kind() != plist.Dict {
		yield(record.Record{}, fmt.Errorf("read web clip: root is %s, not dict", root.Kind()))
		return
	}
	rest, err := from.Rest(root, "URL", "Title", "FullScreen", "RemovalDisallowed", "ApplicationBundleIdentifier")
	c := webClipsClip{
		URL:        record.URL(root.Get("URL").String()),
		Title:      record.Text(root.Get("Title").String()),
		FullScreen: root.Get("FullScreen").Bool(),
		Fixed:      root.Get("RemovalDisallowed").Bool(),
		App:        record.App(root.Get("ApplicationBundleIdentifier").String()),
		Attributes: rest,
	}
	if yield(in.Record(from.At("", 1, root), c), nil) && err != nil {
		yield(record.Record{}, err)
	}
}
