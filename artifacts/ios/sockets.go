package ios

import (
	"context"
	"fmt"
	"iter"
	"regexp"
	"strconv"
	"strings"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// Sockets reads the network connections in a sysdiagnose.
var Sockets = artifact.Parser{
	ID:    "ios.sockets",
	Title: lang.Text{EN: "Network connections and routes", FR: "Connexions réseau et routes"},
	Doc: `A sysdiagnose runs netstat before and after its work: netstat-PRE.txt and
netstat-POST.txt list the connections that were open then, with the addresses of both
ends and, on newer systems, the process, and the routes. Addresses are not resolved to
names. Connections of minutes before are not in it. Columns depend on the version of iOS
and are read by their headings; counters of protocols are not read.`,
	Inputs: []artifact.Pattern{
		{Kinds: evidence.IOSSysdiagnose, Glob: "sysdiagnose/WiFi/netstat*.txt"},
		{Kinds: evidence.IOSSysdiagnose, Glob: "sysdiagnose/netstat*.txt"},
	},
	Record: socketsSocket{},
	Refs:   []string{"https://github.com/apple-oss-distributions/network_cmds/tree/main/netstat.tproj", "https://keith.github.io/xcode-man-pages/netstat.1.html"},
	Parse:  socketsParse,
}

// socketsSocket is one connection, route or socket within the phone.
type socketsSocket struct {
	Seen record.Time `json:"seen"` // start of the capture, some minutes before or after

	Kind       string         `json:"kind"`                  // connection, route, local; other lines: how many are not read
	Protocol   string         `json:"protocol,omitempty"`    // Proto, Type: tcp4, udp6, stream…
	Local      record.IP      `json:"local,omitempty"`       // Local Address, "" for all
	LocalPort  string         `json:"local_port,omitempty"`  // after it; "*" for any
	Remote     record.IP      `json:"remote,omitempty"`      // Foreign Address, "" for none; of a route Destination
	RemotePort string         `json:"remote_port,omitempty"` // after it; "*" for any
	State      string         `json:"state,omitempty"`       // (state): ESTABLISHED, LISTEN…
	Process    record.Process `json:"process,omitempty"`     // before ":" in the column of processes
	PID        *int64         `json:"pid,omitempty"`         // after it, or column pid
	Network    string         `json:"network,omitempty"`     // of a route: Destination with its length, "default"
	Gateway    record.IP      `json:"gateway,omitempty"`     // of a route: Gateway, if it is an address
	Interface  string         `json:"interface,omitempty"`   // of a route: Netif
	Path       record.Path    `json:"path,omitempty"`        // of a local socket: Addr
	Values     []record.KV    `json:"values,omitempty"`      // other columns by their headings
	Text       record.Text    `json:"text"`                  // the line
}

// String implements [record.Data].
func (s socketsSocket) String() string {
	return record.Line("Network " + s.Kind + ": " + string(s.Text))
}

// socketsHeadings are headings of two words.
var socketsHeadings = strings.NewReplacer("Local Address", "Local-Address", "Foreign Address", "Foreign-Address")

func socketsParse(_ context.Context, in *artifact.Input) iter.Seq2[record.Record, error] {
	captured, known := in.Source.Device.Capture()
	return func(yield func(record.Record, error) bool) {
		var columns []string
		other, last := 0, 0
		for l, err := range from.Lines(in.File) {
			if err != nil {
				yield(record.Record{}, fmt.Errorf("read connections: %w", err))
				return
			}
			last = l.Number
			words := strings.Fields(socketsHeadings.Replace(l.String()))
			if len(words) == 0 {
				continue
			}
			switch words[0] {
			case "Proto", "Proto/ID", "Destination", "Address", "Socket":
				columns = words
				continue
			}
			s, ok := socketsRow(columns, words)
			if !ok {
				other++
				continue
			}
			s.Text = record.Text(strings.TrimSpace(l.String()))
			if known {
				s.Seen = record.Time{Time: captured.UTC(), Rule: record.AsText, Zone: record.RecordedOffset}
			}
			if !yield(in.Record(from.AtLine(l), s), nil) {
				return
			}
		}
		if other > 0 {
			yield(in.Record(record.Origin{Row: int64(last)}, socketsSocket{Kind: "other lines", Text: record.Text(fmt.Sprintf("%d lines are not read", other))}), nil)
		}
	}
}

// socketsRow reads a line by the headings of its columns.
func socketsRow(columns, words []string) (s socketsSocket, ok bool) {
	if len(columns) == 0 {
		return s, false
	}
	switch columns[0] {
	case "Destination":
		return socketsRoute(columns, words)
	case "Address":
		return socketsLocal(columns, words)
	}
	p := strings.ToLower(words[0])
	if columns[0] != "Proto" || len(words) < 5 || !strings.HasPrefix(p, "tcp") && !strings.HasPrefix(p, "udp") && !strings.HasPrefix(p, "icm") && !strings.HasPrefix(p, "quic") && !strings.HasPrefix(p, "mptcp") {
		return s, false
	}
	s = socketsSocket{Kind: "connection", Protocol: words[0]}
	rest := words[1:]
	for i, column := range columns[1:] {
		if len(rest) == 0 {
			break
		}
		if column == "(state)" && rest[0] != strings.ToUpper(rest[0]) || column == "(state)" && strings.Trim(rest[0], "0123456789") == "" {
			continue // a connection without state
		}
		if i == len(columns)-2 {
			s.set(column, strings.Join(rest, " "))
			break
		}
		s.set(column, rest[0])
		rest = rest[1:]
	}
	return s, true
}

var socketsProcess = regexp.MustCompile(`^(.+):([0-9]{1,9})$`)

// set sets the field of a column.
func (s *socketsSocket) set(column, value string) {
	switch strings.ToLower(column) {
	case "local-address":
		s.Local, s.LocalPort = socketsAddress(value)
	case "foreign-address":
		s.Remote, s.RemotePort = socketsAddress(value)
	case "(state)":
		s.State = value
	case "pid":
		if n, err := strconv.ParseInt(value, 10, 64); err == nil {
			s.PID = &n
			return
		}
		s.Values = append(s.Values, record.KV{Key: column, Value: value})
	default:
		if m := socketsProcess.FindStringSubmatch(value); m != nil && strings.HasPrefix(strings.ToLower(column), "process") {
			n, _ := strconv.ParseInt(m[2], 10, 64)
			s.Process, s.PID = record.Process(m[1]), &n
			return
		}
		s.Values = append(s.Values, record.KV{Key: column, Value: value})
	}
}

// socketsAddress separates an address from its port, after the last dot.
func socketsAddress(s string) (record.IP, string) {
	i := strings.LastIndexByte(s, '.')
	if i < 0 {
		return record.IP(s), ""
	}
	address, port := s[:i], s[i+1:]
	if address == "*" {
		address = ""
	}
	return record.IP(address), port
}

var socketsNumeric = regexp.MustCompile(`^(?:[0-9]{1,3}(?:\.[0-9]{1,3}){3}|[0-9a-fA-F:]*:[0-9a-fA-F:.]*(?:%\w+)?)$`)

// socketsRoute reads a route.
func socketsRoute(columns, words []string) (s socketsSocket, ok bool) {
	if len(words) < 4 {
		return s, false
	}
	s = socketsSocket{Kind: "route", Network: words[0]}
	if socketsNumeric.MatchString(words[0]) {
		s.Remote = record.IP(words[0])
	}
	for i, column := range columns[1:min(len(columns), len(words))] {
		value := words[i+1]
		switch {
		case column == "Gateway" && socketsNumeric.MatchString(value):
			s.Gateway = record.IP(value)
		case column == "Netif":
			s.Interface = value
		default:
			s.Values = append(s.Values, record.KV{Key: column, Value: value})
		}
	}
	return s, true
}

// socketsLocal reads a socket within the phone, if it has a path.
func socketsLocal(columns, words []string) (s socketsSocket, ok bool) {
	if len(words) < 3 || strings.Trim(words[0], "0123456789abcdef") != "" {
		return s, false
	}
	s = socketsSocket{Kind: "local", Protocol: words[1]}
	for i, word := range words[2:] {
		if strings.HasPrefix(word, "/") {
			s.Path = record.Path(strings.Join(words[i+2:], " "))
			break
		}
	}
	return s, columns[0] == "Address"
}
