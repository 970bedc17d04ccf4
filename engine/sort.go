package engine

import (
	"context"
	"sync"

	"github.com/vigie-project/vigie/artifact"
)

// A sorted remembers of which sort files are, so that each is looked at once
// however many parsers look for its name.
type sorted struct {
	mu    sync.Mutex
	sorts map[sortedBy]map[string]uint8 // by path
}

// A sortedBy is what sorted the files of a source.
type sortedBy struct {
	source string
	by     *artifact.Sorter
}

// unsorted stands for files of which a sorter cannot tell the sort.
const unsorted = 64

// wants reports whether a file is for the parser of the job.
func (s *sorted) wants(ctx context.Context, job Job, file PlannedFile) bool {
	sorts := job.Parser.Sorts
	if sorts.By == nil {
		return true
	}
	key := sortedBy{job.Source.ID, sorts.By}
	s.mu.Lock()
	sort, ok := s.sorts[key][file.Path]
	s.mu.Unlock()
	if !ok {
		if sort = look(ctx, job, file); ctx.Err() != nil {
			return true // and that is said there
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.sorts == nil {
			s.sorts = map[sortedBy]map[string]uint8{}
		}
		if s.sorts[key] == nil {
			s.sorts[key] = map[string]uint8{}
		}
		s.sorts[key][file.Path] = sort
	}
	return sort >= unsorted || sorts.Has(sort)
}

// look asks the sorter of a job about a file. One that cannot be opened is
// unsorted, as is one that makes the sorter panic: the parser will say so.
func look(ctx context.Context, job Job, file PlannedFile) (sort uint8) {
	defer func() {
		if recover() != nil {
			sort = unsorted
		}
	}()
	f, err := job.Source.Open(file.Path)
	if err != nil {
		return unsorted
	}
	defer f.Close()
	sort, ok := job.Parser.Sorts.By.Of(file.Path, ctxFile{f, ctx}, size(f, file))
	if !ok {
		return unsorted
	}
	return sort
}
