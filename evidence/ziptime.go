package evidence

import (
	"encoding/binary"
	"iter"
	"time"
)

// Extra fields of zip members that hold times, APPNOTE.TXT 4.5.5 and the
// extrafld.txt of Info-ZIP.
const (
	extraTimes = 0x5455 // seconds since 1970-01-01 UTC
	extraNTFS  = 0x000a // 100 ns since 1601-01-01 UTC
)

// extraFields yields the fields of the extra data of a zip member by their tags.
func extraFields(extra []byte) iter.Seq2[uint16, []byte] {
	return func(yield func(uint16, []byte) bool) {
		le := binary.LittleEndian
		for len(extra) >= 4 {
			tag, size := le.Uint16(extra), int(le.Uint16(extra[2:]))
			if size > len(extra)-4 || !yield(tag, extra[4:4+size]) {
				return
			}
			extra = extra[4+size:]
		}
	}
}

// modified returns when the content of a member was changed last: in UTC if an
// extra field says so, else as the clock without zone of the tool that wrote the
// archive.
func (m *zipMember) modified() EntryTime {
	le := binary.LittleEndian
	for tag, field := range extraFields(m.extra) {
		switch {
		case tag == extraTimes && len(field) >= 5 && field[0]&1 != 0:
			return EntryTime{Time: time.Unix(int64(int32(le.Uint32(field[1:]))), 0).UTC(), Step: time.Second}
		case tag == extraNTFS && len(field) >= 16 && le.Uint16(field[4:]) == 1:
			const since1601 = 116444736000000000 // ticks of 100 ns until 1970
			ticks := le.Uint64(field[8:])
			if ticks > since1601 && ticks < 1<<62 {
				ticks -= since1601
				return EntryTime{Time: time.Unix(int64(ticks/1e7), int64(ticks%1e7)*100).UTC(), Step: 100}
			}
		}
	}
	return dosTime(uint16(m.clock), uint16(m.clock>>16))
}

// dosTime returns a time of MS-DOS; 0 and dates that do not exist are not
// recorded.
func dosTime(clock, date uint16) EntryTime {
	year, month, day := int(date>>9)+1980, time.Month(date>>5&15), int(date&31)
	hour, minute, second := int(clock>>11), int(clock>>5&63), int(clock&31)*2
	t := time.Date(year, month, day, hour, minute, second, 0, time.UTC)
	if t.Month() != month || t.Day() != day || hour > 23 || minute > 59 || second > 59 {
		return EntryTime{}
	}
	return EntryTime{Time: t, Local: true, Step: 2 * time.Second}
}
