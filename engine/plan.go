package engine

import (
	"regexp"
	"slices"
	"strings"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/evidence"
)

// A Job is one parser and the files it reads, in path order. Jobs are the unit
// of parallelism, of isolation, of storage and of resumption: each runs alone,
// fails alone and fills one file of the case.
type Job struct {
	Source *evidence.Source
	Index  int // position in the plan
	Parser *artifact.Parser
	Files  []PlannedFile
}

// A PlannedFile is a file that a job reads.
type PlannedFile struct {
	Path string // on the device
	Size int64  // bytes, as the acquisition claims
}

// Bytes returns the claimed size of the files of the job.
func (j Job) Bytes() int64 {
	var n int64
	for _, f := range j.Files {
		n += f.Size
	}
	return n
}

// A Plan says what is read from one source, and what cannot be.
type Plan struct {
	Jobs []Job
	Rest []Coverage // of the artifacts without a job, in the order of the parsers
	// Listed counts the files that the acquisition lists.
	Listed int64
	// Err tells what could not be listed; the plan is for the rest.
	Err error
}

// The size of files at which a parser gets another job: a share of all that it
// reads, so that processors end at about the same time, within bounds. It does not
// depend on the processors: jobs are what a case is stored and resumed by.
const (
	maxJobBytes = 64 << 20
	minJobBytes = 4 << 20
	jobShares   = 12
)

// NewPlan walks a source once and returns the jobs to run on it, in the order
// of the parsers. Private artifacts are planned only if private says so.
func NewPlan(src *evidence.Source, parsers []*artifact.Parser, private func(*artifact.Parser) bool) *Plan {
	var globs patterns
	outcomes := make([]Outcome, len(parsers))
	for i, p := range parsers {
		outcomes[i] = NotApplicable
		for _, in := range p.Inputs {
			glob, ok := patternFor(src.Kind, in)
			if !ok {
				continue
			}
			outcomes[i] = Absent
			globs.add(glob, i)
		}
	}
	found := make([][]PlannedFile, len(parsers))
	plan := &Plan{}
	plan.Err = src.WalkFiles(func(path string, size int64) error {
		plan.Listed++
		globs.match(path, func(i int) { found[i] = append(found[i], PlannedFile{path, size}) })
		return nil
	})
	for i, p := range parsers {
		files := found[i]
		slices.SortFunc(files, func(a, b PlannedFile) int {
			switch {
			case a.Path < b.Path:
				return -1
			case a.Path > b.Path:
				return 1
			}
			return 0
		})
		files = slices.CompactFunc(files, func(a, b PlannedFile) bool { return a.Path == b.Path })
		if len(files) > 0 && p.Private && !private(p) {
			plan.Rest = append(plan.Rest, Coverage{Source: src.ID, Artifact: p.ID, Outcome: NotRun, Reason: ReasonPrivate})
			continue
		}
		if len(files) == 0 {
			c := Coverage{Source: src.ID, Artifact: p.ID, Outcome: outcomes[i]}
			if c.Outcome == NotApplicable && !sameSystem(src.Kind, p) {
				c.Reason = ReasonSystem
			}
			plan.Rest = append(plan.Rest, c)
			continue
		}
		for limit := jobBytes(files); len(files) > 0; {
			n := cut(files, limit)
			plan.Jobs = append(plan.Jobs, Job{Source: src, Index: len(plan.Jobs), Parser: p, Files: files[:n]})
			files = files[n:]
		}
	}
	return plan
}

// Acquisitions of the phones of one system.
const (
	ofIOS     = evidence.IOSBackup | evidence.IOSFilesystem | evidence.IOSSysdiagnose | evidence.IOSFiles
	ofAndroid = evidence.AndroidBugreport | evidence.AndroidBackup | evidence.AndroidQF | evidence.AndroidIntrusionLog
)

// sameSystem reports whether a parser reads acquisitions of the same system as a kind.
func sameSystem(kind evidence.Kind, p *artifact.Parser) bool {
	system := evidence.Kind(ofIOS)
	if kind&ofAndroid != 0 {
		system = ofAndroid
	}
	return slices.ContainsFunc(p.Inputs, func(in artifact.Pattern) bool { return in.Kinds&system != 0 })
}

// jobBytes returns the size of files at which a parser of these gets another job.
func jobBytes(files []PlannedFile) int64 {
	total := int64(0)
	for _, f := range files {
		total += max(f.Size, 0)
	}
	return min(max(total/jobShares, minJobBytes), maxJobBytes)
}

// patternFor returns the pattern of an input for a kind of source, false if
// there is none. Loose files have no folders, so each is taken for what has its
// name on an iPhone.
func patternFor(kind evidence.Kind, in artifact.Pattern) (string, bool) {
	const ios = evidence.IOSBackup | evidence.IOSFilesystem | evidence.IOSSysdiagnose
	switch {
	case in.Kinds&kind != 0:
		return in.Glob, true
	case kind != evidence.IOSFiles || in.Kinds&ios == 0:
		return "", false
	}
	last := in.Glob[strings.LastIndexByte(in.Glob, '/')+1:]
	return "**/" + last, tells(last)
}

// tells reports whether a pattern for a name says what the file is: it has more
// than wildcards and a usual extension.
func tells(glob string) bool {
	plain := wildcards.ReplaceAllString(glob, "")
	return plain != "" && !slices.Contains([]string{".plist", ".db", ".sqlite", ".sqlite3", ".log", ".txt", ".json", ".jsonl", ".csv", ".dat"}, plain)
}

var wildcards = regexp.MustCompile(`\[[^\]]*\]|[*?\\]`)

// cut returns how many files make a job, at least one.
func cut(files []PlannedFile, limit int64) int {
	size := int64(0)
	for i, f := range files {
		if size += max(f.Size, 0); i > 0 && size > limit {
			return i
		}
	}
	return len(files)
}
