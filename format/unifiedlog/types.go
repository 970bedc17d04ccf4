package unifiedlog

import "fmt"

// An EventType is the kind of an entry.
type EventType uint8

// The types of entries. The values up to TypeLoss are those of the record type
// of a tracepoint; the others are kinds of chunks.
const (
	TypeActivity   EventType = 2 // an activity begins, or the user did something
	TypeTrace      EventType = 3
	TypeLog        EventType = 4 // a message
	TypeSignpost   EventType = 6
	TypeLoss       EventType = 7 // entries were lost, between two times
	TypeStatedump  EventType = 8 // the state of a part of the system
	TypeSimpledump EventType = 9 // a message of launchd, already composed
	numTypes                 = 10
)

// String returns the name that Apple's log command gives the type.
func (t EventType) String() string {
	switch t {
	case TypeActivity:
		return "activityCreateEvent"
	case TypeTrace:
		return "traceEvent"
	case TypeLog, TypeSimpledump:
		return "logEvent"
	case TypeSignpost:
		return "signpostEvent"
	case TypeLoss:
		return "lossEvent"
	case TypeStatedump:
		return "stateEvent"
	}
	return fmt.Sprintf("code %d", uint8(t))
}

// A Level is the log type byte of an entry: the level of a message, the kind of
// an activity, or the kind and scope of a signpost.
type Level uint8

// The levels of messages. LevelUserAction is that of an activity which the user
// began.
const (
	LevelDefault    Level = 0x00
	LevelInfo       Level = 0x01
	LevelDebug      Level = 0x02
	LevelUserAction Level = 0x03
	LevelError      Level = 0x10
	LevelFault      Level = 0x11
)

// String returns the name of the level.
func (l Level) String() string {
	switch l {
	case LevelDefault:
		return "Default"
	case LevelInfo:
		return "Info"
	case LevelDebug:
		return "Debug"
	case LevelUserAction:
		return "Useraction"
	case LevelError:
		return "Error"
	case LevelFault:
		return "Fault"
	}
	scope := map[Level]string{0x40: "Thread", 0x80: "Process", 0xc0: "System"}[l&0xf0]
	kind := map[Level]string{0: "Event", 1: "Start", 2: "End"}[l&0x0f]
	if scope != "" && kind != "" {
		return scope + " Signpost " + kind
	}
	return fmt.Sprintf("code %d", uint8(l))
}

// A Stream is the store that an entry was written to.
type Stream uint8

// The streams.
const (
	StreamPersist  Stream = 0
	StreamSpecial  Stream = 1
	StreamMemory   Stream = 2
	StreamSignpost Stream = 4
)

// String returns the name of the stream.
func (s Stream) String() string {
	switch s {
	case StreamPersist:
		return "persist"
	case StreamSpecial:
		return "special"
	case StreamMemory:
		return "memory"
	case StreamSignpost:
		return "signpost"
	}
	return fmt.Sprintf("code %d", uint8(s))
}
