package indicator

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"slices"
	"sort"
	"strings"
	"time"

	"github.com/vigie-project/vigie/detect"
	"github.com/vigie-project/vigie/record"
)

// A Set is feeds compiled to be compared with records. It is immutable and safe
// for concurrent use. It is a [detect.Detector] and a [detect.Correlator].
type Set struct {
	feeds   []*Feed
	offsets []int // number of the first indicator of each feed
	dropped int   // revoked by another feed
	print   string

	single  *index    // what one record can satisfy
	always  []uint32  // patterns to evaluate on records that have their kinds
	several *index    // leaves of patterns on several observations
	anyLeaf []leafRef // such leaves that are not bounded by values
}

// A leafRef is one leaf of the pattern of one indicator.
type leafRef struct {
	ref  uint32
	leaf uint16
}

var (
	_ detect.Detector   = (*Set)(nil)
	_ detect.Correlator = (*Set)(nil)
)

// NewSet compiles feeds. An indicator that one of the feeds revoked after it was
// last changed is left out wherever it comes from. The feeds must not be changed
// afterwards.
func NewSet(feeds ...*Feed) *Set {
	s := &Set{feeds: feeds}
	h := sha256.New()
	total := 0
	for _, f := range feeds {
		fmt.Fprintf(h, "%q%q%d\n", f.Name, f.SHA256, f.Cap)
		s.offsets = append(s.offsets, total)
		total += len(f.Indicators)
	}
	sum := h.Sum(nil)
	s.print = hex.EncodeToString(sum)
	seed := binary.LittleEndian.Uint64(sum)

	revoked := s.revocations()
	single, several := s.size()
	s.single, s.several = newIndex(single, seed), newIndex(several, seed)
	urlHosts := map[string]bool{}
	for i, f := range feeds {
		for j := range f.Indicators {
			in := &f.Indicators[j]
			if when, ok := revoked[in.ID]; ok && !time.Unix(in.From, 0).After(when) {
				s.dropped++
				continue
			}
			s.insert(in, uint32(s.offsets[i]+j), urlHosts)
		}
	}
	return s
}

func (s *Set) revocations() map[string]time.Time {
	all := map[string]time.Time{}
	for _, f := range s.feeds {
		for id, when := range f.revoked {
			if when.After(all[id]) {
				all[id] = when
			}
		}
	}
	return all
}

// size counts the entries of both indexes, at most.
func (s *Set) size() (single, several int) {
	perAtom := func(a *atom) int {
		switch {
		case a.kind == Process && len(a.key) > 15, a.kind == URL:
			return 3
		}
		return 1
	}
	for _, f := range s.feeds {
		for j := range f.Indicators {
			in := &f.Indicators[j]
			if in.compound == nil {
				single += perAtom(&atom{kind: in.Kind, key: in.key})
				continue
			}
			for _, leaf := range in.compound.leaves {
				for k := range leaf.atoms {
					if in.compound.pattern.Simple() {
						single += perAtom(&leaf.atoms[k])
					} else {
						several += perAtom(&leaf.atoms[k])
					}
				}
			}
		}
	}
	return single, several
}

func (s *Set) insert(in *Indicator, ref uint32, urlHosts map[string]bool) {
	if in.compound == nil {
		s.single.insert(atom{kind: in.Kind, key: in.key, exact: in.ExactOf}, ref, 0, urlHosts)
		return
	}
	simple := in.compound.pattern.Simple()
	for i, leaf := range in.compound.leaves {
		x := s.several
		if simple {
			x = s.single
		}
		if leaf.bounded {
			for _, a := range leaf.atoms {
				x.insert(a, ref, uint16(i), urlHosts)
			}
		} else if simple {
			s.always = append(s.always, ref)
		} else if leaf.kinds != 0 {
			s.anyLeaf = append(s.anyLeaf, leafRef{ref, uint16(i)})
		}
	}
}

// insert adds an atom, and what leads to it.
func (x *index) insert(a atom, ref uint32, leaf uint16, urlHosts map[string]bool) {
	e := entry{kind: a.kind, key: a.key, ref: ref, leaf: leaf, exact: a.exact}
	switch a.kind {
	case Domain:
		x.mark(x.hashBack(lastLabels(a.key)))
	case Path:
		for i := 1; i < len(a.key); i++ {
			if a.key[i] == '/' {
				x.mark(x.hash(a.key[:i]))
			}
		}
	case PathEnd:
		e.key = lastName(a.key)
	case Range:
		if isMapped(a.key) {
			x.bits4[min(a.key[16], 32)]++
		} else {
			x.bits6[min(a.key[16], 128)]++
		}
	case URL:
		host := a.key[:hostLen(a.key)]
		if !urlHosts[host] {
			urlHosts[host] = true
			x.add(entry{kind: urlHost, key: host})
			x.mark(x.hashBack(lastLabels(host)))
		}
	case Process:
		for _, n := range truncations {
			if len(a.key) > n {
				x.add(entry{kind: truncated, key: a.key[:n], ref: ref, leaf: leaf})
			}
		}
	}
	x.add(e)
}

// lastLabels returns the last two labels of a host.
func lastLabels(host string) string {
	if i := strings.LastIndexByte(host, '.'); i >= 0 {
		if j := strings.LastIndexByte(host[:i], '.'); j >= 0 {
			return host[j+1:]
		}
	}
	return host
}

// truncations are the lengths to which kernels cut the name of a process: 15
// bytes on Linux (TASK_COMM_LEN), 16 on Darwin (MAXCOMLEN).
var truncations = [...]int{15, 16}

func hostLen(urlKey string) int {
	for i := range len(urlKey) {
		if urlKey[i] == '/' {
			return i
		}
	}
	return len(urlKey)
}

// at returns an indicator and its feed by its number in the set.
func (s *Set) at(ref uint32) (*Feed, *Indicator) {
	i := sort.SearchInts(s.offsets, int(ref)+1) - 1
	return s.feeds[i], &s.feeds[i].Indicators[int(ref)-s.offsets[i]]
}

// Feeds returns the feeds, in the order given to [NewSet].
func (s *Set) Feeds() []*Feed { return slices.Clone(s.feeds) }

// Count returns the number of indicators in use.
func (s *Set) Count() int {
	n := -s.dropped
	for _, f := range s.feeds {
		n += len(f.Indicators)
	}
	return n
}

// Fingerprint returns a digest of the names and contents of the feeds, in
// hexadecimal: equal fingerprints find the same.
func (s *Set) Fingerprint() string { return s.print }

// Detect implements [detect.Detector]: it calls found for each indicator that
// the record meets, in the order of the fields.
func (s *Set) Detect(rec record.Record, found func(detect.Finding)) {
	p := planOf(rec.Data)
	if p == nil || len(p.fields) == 0 {
		return
	}
	m := matcher{x: s.single}
	m.record(p, &rec)
	if len(m.hits) > 0 || len(s.always) > 0 {
		kept := rec // or every record would be moved to the heap
		s.judge(p, &kept, m.hits, m.more, found)
	}
}
