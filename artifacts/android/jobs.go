package android

import (
	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/format/dumpsys"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// Jobs reads the work that apps have the system start.
var Jobs = artifact.Parser{
	ID:    "android.jobs",
	Title: lang.Text{EN: "Scheduled jobs", FR: "Tâches planifiées"},
	Doc: `Apps register work that the system starts later, again and again, or when the phone charges or has a
network. A persisted job goes on after a restart of the phone: it is how an app stays
alive without a service that the owner sees. Most apps have some. The list is as of the dump; jobs that
were done and not repeated are gone.`,
	Inputs: from.Dumpsys("jobscheduler"),
	Record: jobsJob{},
	Refs: []string{
		"https://android.googlesource.com/platform/frameworks/base/+/refs/heads/main/apex/jobscheduler/service/java/com/android/server/job/JobSchedulerService.java",
	},
	Parse: from.Dump(dumpsys.Jobs, jobsRow),
}

// jobsJob is one job.
type jobsJob struct {
	App       record.App  `json:"app"`                // Source: package that it is done for
	Component string      `json:"component"`          // package/class that does it
	ID        string      `json:"id"`                 // user ID of the app and number, after a name space if there is one
	Name      record.Text `json:"name,omitempty"`     // of the job in the statistics of the battery, if it is not the component
	User      *int64      `json:"user"`               // Source: user of the phone
	Interval  string      `json:"interval,omitempty"` // PERIODIC: how often; "" of one that is done once
	Persisted bool        `json:"persisted"`          // goes on after a restart
	Enqueued  string      `json:"enqueued,omitempty"` // Enqueue time, relative to the dump
	Tag       record.Text `json:"tag,omitempty"`      // tag
	Extra     []record.KV `json:"extra,omitempty"`    // what it waits for and other values
}

// String implements [record.Data].
func (j jobsJob) String() string {
	s := "job " + j.Component
	if j.Interval != "" {
		s += " every " + j.Interval
	}
	return record.Line(s)
}

func jobsRow(j dumpsys.Job) (int, record.Data) {
	d := jobsJob{
		App: record.App(j.Source), Component: j.Component, ID: j.ID, User: from.Count(j.User), Interval: j.Interval, Persisted: j.Persisted,
		Enqueued: j.Enqueued, Tag: record.Text(j.Tag), Extra: from.KVs(j.Other),
	}
	if j.Name != j.Component {
		d.Name = record.Text(j.Name)
	}
	return j.Line, d
}
