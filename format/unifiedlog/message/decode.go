package message

import (
	"strconv"
	"time"
)

// decoder numbers the types that annotations name; it indexes types.
type decoder uint8

// decodeNone means that the conversion decides alone.
const decodeNone decoder = 0

// status says how decoding went.
type status uint8

const (
	decodedAll  status = iota
	unknown            // a value without a name; the text says which
	unsupported        // a size or structure that is not known; nothing was appended
)

// A decode appends the text of a value. It must not keep data.
type decode func(dst, data []byte, zone *time.Location) ([]byte, status)

// class says which items a type is stored in.
type class uint8

const (
	numbers class = iota // scalars; also data, as some have both
	structs              // data or scalars
	texts                // text or objects
)

// types lists every type with its decoder. Its order has no meaning.
var types = []struct {
	name   string
	class  class
	decode decode
}{
	{}, // decodeNone
	{"BOOL", numbers, truth("NO", "YES")},
	{"bool", numbers, truth("false", "true")},
	{"uuid_t", structs, appendUUID},
	{"darwin.errno", numbers, appendErrno},
	{"errno", numbers, appendErrno},
	{"mach.errno", numbers, appendMach},
	{"darwin.mode", numbers, appendMode},
	{"darwin.signal", numbers, appendSignal},
	{"time_t", numbers, appendTime},
	{"timeval", structs, appendTimeval},
	{"timespec", structs, appendTimespec},
	{"bytes", numbers, amount(1000, "B")},
	{"iec-bytes", numbers, amount(1024, "B")},
	{"bitrate", numbers, amount(1000, "bps")},
	{"iec-bitrate", numbers, amount(1024, "bps")},
	{"network:in_addr", structs, appendInAddr},
	{"in_addr", structs, appendInAddr},
	{"network:in6_addr", structs, appendIn6Addr},
	{"in6_addr", structs, appendIn6Addr},
	{"network:sockaddr", structs, appendSockaddr},
	{"sockaddr", structs, appendSockaddr},
	{"location:escape_only", texts, appendEscaped},
	{"location:CLClientAuthorizationStatus", numbers, quoted(authorizations)},
	{"location:CLDaemonStatus_Type::Reachability", numbers, quoted(reachabilities)},
	{"location:CLSubHarvesterIdentifier", numbers, quoted(harvesters)},
	{"location:SqliteResult", numbers, quoted(sqliteResults)},
	{"location:IOMessage", numbers, appendIOMessage},
	{"location:_CLClientManagerStateTrackerState", structs, appendClientManager},
	{"location:_CLLocationManagerStateTrackerState", structs, appendLocationManager},
	{"location:_CLDaemonStatusStateTrackerState", structs, appendDaemonStatus},
	{"mdns:dnshdr", structs, appendDNSHeader},
	{"mdns:dns.idflags", numbers, appendIDFlags},
	{"mdns:dns.counts", numbers, appendDNSCounts},
	{"mdns:rd.svcb", structs, appendServiceBinding},
	{"mdns:rrtype", numbers, appendRecordType},
	{"mdns:nreason", numbers, named(negativeReasons)},
	{"mdns:protocol", numbers, named(resolverProtocols)},
	{"mdns:addrmv", numbers, truth("rmv", "add")},
	{"mdns:yesno", numbers, truth("no", "yes")},
	{"mdns:acceptable", numbers, truth("unacceptable", "acceptable")},
	{"mdns:gaiopts", numbers, appendAddressOptions},
	{"mdnsresponder:domain_name", structs, appendDomainName},
	{"mdnsresponder:domain_label", structs, appendDomainLabel},
	{"mdnsresponder:mac_addr", structs, appendMAC},
	{"mdnsresponder:ip_addr", structs, appendAddress},
	{"odtypes:ODError", numbers, appendODError},
	{"odtypes:mbridtype", numbers, named(memberTypes)},
	{"odtypes:mbr_details", structs, appendMember},
	{"odtypes:nt_sid_t", structs, appendSID},
}

// decoders finds types by the name in annotations.
var decoders = func() map[string]decoder {
	m := make(map[string]decoder, len(types))
	for i := 1; i < len(types); i++ {
		m[types[i].name] = decoder(i)
	}
	return m
}()

// wrapper numbers the signpost annotations, which put a value between marks
// that tools find again.
type wrapper uint8

const (
	wrapNone wrapper = iota
	wrapAttribute
	wrapBegin
	wrapEnd
	wrapNumber1
	wrapNumber2
	wrapNumber3
	wrapString1
	wrapString2
)

// wrappers finds them by their annotation.
var wrappers = map[string]wrapper{
	"signpost.description:attribute":  wrapAttribute,
	"signpost.description:begin_time": wrapBegin,
	"signpost.description:end_time":   wrapEnd,
	"signpost.telemetry:number1":      wrapNumber1,
	"signpost.telemetry:number2":      wrapNumber2,
	"signpost.telemetry:number3":      wrapNumber3,
	"signpost.telemetry:string1":      wrapString1,
	"signpost.telemetry:string2":      wrapString2,
}

// wrapperTexts are the marks before the value; the one after it is ##__##.
var wrapperTexts = [...]string{
	wrapAttribute: "__##__signpost.description#____#attribute#_##_#",
	wrapBegin:     "__##__signpost.description#____#begin_time#_##_#",
	wrapEnd:       "__##__signpost.description#____#end_time#_##_#",
	wrapNumber1:   "__##__signpost.telemetry#____#number1#_##_#",
	wrapNumber2:   "__##__signpost.telemetry#____#number2#_##_#",
	wrapNumber3:   "__##__signpost.telemetry#____#number3#_##_#",
	wrapString1:   "__##__signpost.telemetry#____#string1#_##_#",
	wrapString2:   "__##__signpost.telemetry#____#string2#_##_#",
}

// number reports whether the value is a number of signpost telemetry.
func (w wrapper) number() bool { return wrapNumber1 <= w && w <= wrapNumber3 }

// decode writes a value as its type says.
func (w *writer) decode(c *conversion, it *Item) {
	t := &types[c.decoder]
	if k := it.kind(); k == kindCount || (t.class == texts) != it.text() {
		w.mismatch(c, it)
		return
	}
	data := it.Data
	if t.class == structs && w.precision >= 0 && w.precision < len(data) {
		data = data[:w.precision]
	}
	if t.class == texts {
		var replaced bool
		if data, replaced = valid(data); replaced {
			w.stats.Replaced++
		}
	}
	w.decoded(t.decode(w.dst, data, w.zone))
}

// decoded takes what a decoder appended.
func (w *writer) decoded(dst []byte, s status) {
	w.dst = dst
	switch s {
	case unknown:
		w.stats.Unknown++
	case unsupported:
		w.unsupported()
	}
}

// appendUnknown appends that a value has no name.
func appendUnknown(dst []byte, n int64) ([]byte, status) {
	dst = append(dst, "<decode: unknown value: "...)
	dst = appendInt(dst, n)
	return append(dst, '>'), unknown
}

// truth decodes zero and everything else.
func truth(no, yes string) decode {
	return func(dst, data []byte, _ *time.Location) ([]byte, status) {
		n, ok := unsigned(data)
		switch {
		case !ok:
			return dst, unsupported
		case n == 0:
			return append(dst, no...), decodedAll
		}
		return append(dst, yes...), decodedAll
	}
}

// named decodes a number by a table.
func named(names map[int64]string) decode {
	return func(dst, data []byte, _ *time.Location) ([]byte, status) {
		n, ok := signed(data)
		if !ok {
			return dst, unsupported
		}
		if name, ok := names[n]; ok {
			return append(dst, name...), decodedAll
		}
		return appendUnknown(dst, n)
	}
}

// quoted is named with quotation marks: the formats of locationd are JSON and
// leave the quotation marks of names to the decoder.
func quoted(names map[int64]string) decode {
	plain := named(names)
	return func(dst, data []byte, zone *time.Location) ([]byte, status) {
		start := len(dst)
		dst, s := plain(append(dst, '"'), data, zone)
		if s == decodedAll {
			return append(dst, '"'), s
		}
		return append(dst[:start], dst[start+1:]...), s
	}
}

// appendUUID appends 16 bytes as a UUID in upper case.
func appendUUID(dst, data []byte, _ *time.Location) ([]byte, status) {
	if len(data) != 16 {
		return dst, unsupported
	}
	const digits = "0123456789ABCDEF"
	for i, b := range data {
		if i == 4 || i == 6 || i == 8 || i == 10 {
			dst = append(dst, '-')
		}
		dst = append(dst, digits[b>>4], digits[b&15])
	}
	return dst, decodedAll
}

// amount decodes a number with a prefix of its unit, in three significant digits:
// "4.72 kB" or "4.61 KiB". Apple's rounding is not published.
func amount(step float64, unit string) decode {
	prefixes := []string{"", "k", "M", "G", "T", "P", "E"}
	if step == 1024 {
		prefixes = []string{"", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"}
	}
	return func(dst, data []byte, _ *time.Location) ([]byte, status) {
		n, ok := signed(data)
		if !ok {
			return dst, unsupported
		}
		f := float64(n)
		if n < 0 {
			dst, f = append(dst, '-'), -f
		}
		i := 0
		for ; f >= step-0.5 && i < len(prefixes)-1; i++ {
			f /= step
		}
		if f < 999.5 {
			dst = strconv.AppendFloat(dst, f, 'g', 3, 64)
		} else { // up to 1023 of a binary prefix
			dst = strconv.AppendFloat(dst, f, 'f', 0, 64)
		}
		dst = append(dst, ' ')
		dst = append(dst, prefixes[i]...)
		return append(dst, unit...), decodedAll
	}
}
