package unifiedlog

import (
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/vigie-project/vigie/format/unifiedlog/message"
)

// vector reads one of the byte arrays in the tests of macos-UnifiedLogs.
func vector(tb testing.TB, name string) []byte {
	return read(tb, "unified-logs/mandiant+macos-UnifiedLogs/"+name+".bin")
}

func TestVectorHeader(t *testing.T) {
	t.Parallel()
	b := vector(t, "header.test_detect_preamble.test_chunk_header")
	p := parsePreamble(b)
	h, err := ParseHeader(b[preambleSize:])
	if p.tag != tagHeader || p.sub != subTag || p.size != 208 || err != nil {
		t.Fatalf("%+v, %v", p, err)
	}
	if h.Timebase.Numer == 0 || h.Build == "" || h.Model == "" || h.Boot.IsZero() || h.Continuous == 0 || h.ZonePath == "" {
		t.Errorf("%+v", h)
	}
}

func TestVectorCatalog(t *testing.T) {
	t.Parallel()
	b := vector(t, "catalog.test_parse_catalog.test_chunk_catalog")
	c, err := parseCatalog(b[preambleSize:], nil)
	if err != nil || len(c.procs) != 1 || len(c.subChunks) != 7 || c.earliest != 820223379547412 {
		t.Fatalf("%d processes, %d sub-chunks, earliest %d, %v", len(c.procs), len(c.subChunks), c.earliest, err)
	}
	p := c.procs[0]
	if p.Unique != 158 || p.Generation != 311 || p.PID != 158 || p.EUID != 88 || len(p.subsystems) != 2 {
		t.Errorf("process %+v", p)
	}
	if p.subsystems[0].id != 78 || p.subsystems[1].id != 87 || p.subsystems[0].subsystem != p.subsystems[1].subsystem {
		t.Errorf("subsystems %+v", p.subsystems)
	}
	var sizes []uint32
	for i := range c.subChunks {
		sizes = append(sizes, c.subChunks[i].size)
	}
	if s := c.subChunks[0]; s.start != 820210633699830 || s.end != 820274771182398 || sizes[0] != 65400 || sizes[1] != 61552 || sizes[2] != 65536 {
		t.Errorf("sub-chunk %+v of %d bytes", s, sizes)
	}
	// A number of another compression is no reason to give the catalog up.
	bad := vector(t, "catalog.test_parse_catalog_subchunk_bad_compression.test_bad_compression")
	if s, n := parseSubChunk(bad); n == 0 || s.compression == 0x100 {
		t.Errorf("sub-chunk %+v of %d bytes", s, n)
	}
}

func TestVectorChunksets(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]struct{ size, firehose, oversize int }{
		"chunkset.test_parse_chunkset.test_chunk_chunkset": {63560, 26, 0},
		"chunkset.test_chunkset_with_oversize.test_data":   {62592, 16, 1},
	} {
		b := vector(t, name)
		out, err := decompress(nil, b[preambleSize:], 0)
		if err != nil || len(out) != want.size {
			t.Errorf("%s: %d bytes, want %d: %v", name, len(out), want.size, err)
		}
		tags := map[uint32]int{}
		if err := chunks(out, func(tag uint32, data []byte, _ int) bool {
			tags[tag]++
			if tag == tagFirehose {
				walk(t, name, data)
			}
			return true
		}); err != nil {
			t.Error(err)
		}
		if tags[tagFirehose] != want.firehose || tags[tagOversize] != want.oversize {
			t.Errorf("%s: %v, want %+v", name, tags, want)
		}
	}
}

// walk decodes a page, which must be without fault, and returns its tracepoints.
func walk(t *testing.T, name string, data []byte) (p page, all []tracepoint) {
	t.Helper()
	p, ok := parsePage(data)
	if !ok || p.clipped {
		t.Fatalf("%s: no page: %+v", name, p)
	}
	var tp tracepoint
	var b body
	off := 0
	for {
		n := tp.next(p.public[off:])
		if n == 0 {
			break
		}
		if n < 0 || !parseBody(&tp, &b) {
			t.Fatalf("%s: tracepoint at %d: %+v", name, off, tp)
		}
		if tp.record == uint8(TypeLog) || tp.record == uint8(TypeSignpost) {
			private := p.privateRange(int(b.privateOff), int(b.privateSize))
			if items, bad := appendItems(nil, tp.data[b.items:], private); bad > 0 {
				t.Errorf("%s: %d bad items of %+v", name, bad, items)
			}
		}
		all = append(all, tp)
		off += n
	}
	if len(p.public)-off >= tracepointHead {
		t.Errorf("%s: %d bytes left", name, len(p.public)-off)
	}
	return p, all
}

func TestVectorPages(t *testing.T) {
	t.Parallel()
	n, entries := 0, 0
	err := chunks(vector(t, "firehose_log.test_parse_firehose_preamble.test_firehose_data"), func(tag uint32, data []byte, _ int) bool {
		p, all := walk(t, "preamble", data)
		if n == 0 && (len(data) != 4032 || p.proc != procKey{483, 1123} || p.base != 4197166166425 || len(p.public) != 4000) {
			t.Errorf("%d bytes, %+v, base %d, public %d", len(data), p.proc, p.base, len(p.public))
		}
		n++
		entries += len(all)
		return true
	})
	if n != 12 || entries != 371 || err != nil {
		t.Errorf("%d pages, %d entries, %v", n, entries, err)
	}
	if p, all := walk(t, "zero", vector(t, "firehose_log.test_firehose_header_continous_time_zero.test_data")[preambleSize:]); len(all) != 66 || p.base != 0 {
		t.Errorf("%d entries, base %d", len(all), p.base)
	}
	p, all := walk(t, "private", vector(t, "firehose_log.test_parse_firehose_has_private_strings_big_sur.test_data")[preambleSize:])
	if len(all) != 1 || all[0].flags != 0x102 || all[0].ref != 16144 || p.privateAt != 4005 || len(p.private) != 91 {
		t.Errorf("%+v, private %d at %d", all, len(p.private), p.privateAt)
	}
	p, all = walk(t, "zeros", vector(t, "firehose_log.test_parse_firehose_private_data_zeros.data")[preambleSize:])
	if len(all) != 10 || p.proc != (procKey{1189179, 2685254}) || p.base != 2686068189033091 || p.privateAt != 4094 {
		t.Errorf("%d entries, %+v, base %d, private at %d", len(all), p.proc, p.base, p.privateAt)
	}
}

func TestVectorTracepoint(t *testing.T) {
	t.Parallel()
	b := vector(t, "firehose_log.test_parse_firehose.test_firehose_data")
	var tp tracepoint
	var d body
	if n := tp.next(b); n <= 0 || !parseBody(&tp, &d) {
		t.Fatalf("no tracepoint: %+v", tp)
	}
	if tp.flags != 557 || tp.ref != 304082752 || tp.thread != 60238 || tp.delta != 16<<32+589618615 || len(tp.data) != 99 {
		t.Errorf("%+v", tp)
	}
	if d.activity&activityMask != 64444 || d.subsystem != 14 || d.pc != 303680198 {
		t.Errorf("%+v", d)
	}
}

func TestVectorBodies(t *testing.T) {
	t.Parallel()
	parse := func(name string, record EventType, flags uint16) (b body) {
		data := vector(t, name)
		if !parseBody(&tracepoint{record: uint8(record), flags: flags, level: 1, data: data}, &b) || record == TypeActivity && b.items != len(data) {
			t.Errorf("%s: %+v of %d bytes", name, b, len(data))
		}
		return b
	}
	b := parse("activity.test_parse_activity.test_data", TypeActivity, 0x23d)
	if b.activity&activityMask != 64434 || b.uniquePID != 236 || b.other&activityMask != 64434 || b.created&activityMask != 64435 ||
		b.pc != 303578944 || b.large != 1 || b.sharedLarge != 2 {
		t.Errorf("activity %+v", b)
	}
	b = parse("signpost.test_parse_signpost.test_data", TypeSignpost, 0x8202)
	if b.pc != 193761 || b.subsystem != 1 || b.signpost != 17216892719917625070 || b.name != 1785776 {
		t.Errorf("signpost %+v", b)
	}
	b = parse("nonactivity.test_parse_non_activity.test_data", TypeLog, 0x20c)
	if b.sharedLarge != 2 || b.subsystem == 0 {
		t.Errorf("log %+v", b)
	}
	r := reader{b: vector(t, "loss.test_parse_firehose_loss_monterey.test_data")}
	if s, e, n := r.u64(), r.u64(), r.u64(); s != 707475528 || e != 3144863719 || n != 63 {
		t.Errorf("loss %d-%d, %d", s, e, n)
	}
}

func TestVectorTrace(t *testing.T) {
	t.Parallel()
	values := func(b []byte) (s []string) {
		items, bad := appendTrace(nil, b)
		if bad > 0 {
			t.Errorf("%x: %d bad", b, bad)
		}
		for _, it := range items {
			s = append(s, string(message.Compile([]byte("%lld")).Append(nil, []message.Item{it}, nil)))
		}
		return s
	}
	if got := values(vector(t, "trace.test_get_message.test_message")); !slices.Equal(got, []string{"200"}) {
		t.Error(got)
	}
	b := vector(t, "trace.test_parse_trace_message_multiple.test_message")
	slices.Reverse(b) // the array is of a step after its reader turned it round
	if got := values(b); !slices.Equal(got, []string{"140717286580400", "200"}) {
		t.Error(got)
	}
	tp := tracepoint{record: uint8(TypeTrace), flags: 2, data: vector(t, "trace.test_parse_firehose_trace.test_data.2")}
	var d body
	if !parseBody(&tp, &d) || d.pc != 233976 || !slices.Equal(values(tp.data[d.items:]), []string{"200"}) {
		t.Errorf("%+v", d)
	}
}

func TestVectorBacktrace(t *testing.T) {
	t.Parallel()
	if frames := parseBacktrace(vector(t, "firehose_log.test_get_backtrace.test_data")); len(frames) != 19 {
		t.Errorf("%d frames", len(frames))
	}
}

func TestVectorDumps(t *testing.T) {
	t.Parallel()
	b := vector(t, "oversize.test_parse_oversize.test_data")
	p := parsePreamble(b)
	if p.tag != tagOversize {
		t.Fatalf("%+v", p)
	}
	k, r, ok := parseOversizeHead(&File{}, b[preambleSize:])
	public, private := parseOversize(b[preambleSize:])
	if !ok || len(public)+len(private)+oversizeHead != int(p.size) {
		t.Errorf("%+v %+v: %d and %d bytes of %d", k, r, len(public), len(private), p.size)
	}
	if items, bad := appendItems(nil, public, private); bad > 0 || len(items) == 0 {
		t.Errorf("%d bad of %v", bad, items)
	}
	e := &Entry{Type: TypeStatedump, data: vector(t, "statedump.test_parse_statedump.test_data")[preambleSize:]}
	if s := e.State(); s.Form != stateCustom || s.Library != "location" || !strings.HasPrefix(s.Title, "CL") || len(s.Data) == 0 {
		t.Errorf("%+v", s)
	}
	d := replay(t, tagSimpledump, vector(t, "simpledump.test_parse_simpledump.test_data")[preambleSize:])
	if want := "service exited: dirty = 0, supported pressured-exit = 1"; len(d) != 1 || d[0] != want {
		t.Errorf("got %q, want %q", d, want)
	}
	for name, want := range map[string]string{
		"config.test_get_dns_config.test_data":        "nameserver: ",
		"config.test_get_network_interface.test_data": "en0",
	} {
		data := vector(t, name)
		out, ok := appendDNSConfig(nil, data)
		if strings.Contains(name, "network") {
			out, ok = appendNetwork(nil, data)
		}
		if !ok || !strings.Contains(string(out), want) {
			t.Errorf("%s: %t\n%s", name, ok, out)
		}
	}
	dump := vector(t, "statedump.test_parse_statedump_plist.test_data")
	if out := replay(t, tagStatedump, dump[preambleSize:]); len(out) != 1 || !strings.Contains(out[0], "\n{") {
		t.Errorf("%.200s", out)
	}
}

// replay decodes one chunk and returns the messages of its entries.
func replay(t *testing.T, tag uint32, data []byte) (texts []string) {
	t.Helper()
	a := &Archive{strings: &stringStore{}}
	d := a.newDecoder(newQuery(&Filter{}))
	d.file = &File{Boot: &Boot{}}
	d.view = d.q.view(&catalog{})
	var e Entry
	d.next = func() *Entry { return &e }
	d.emit = func(e *Entry) bool { texts = append(texts, e.Message()); return true }
	d.out = append(binaryPreamble(tag, len(data)), data...)
	d.decode()
	return texts
}

func binaryPreamble(tag uint32, n int) []byte {
	b := make([]byte, preambleSize)
	b[0], b[1], b[8], b[9], b[10] = byte(tag), byte(tag>>8), byte(n), byte(n>>8), byte(n>>16)
	return b
}

func TestVectorTimesync(t *testing.T) {
	t.Parallel()
	b := append(vector(t, "timesync.test_timesync_boot.test_data"), vector(t, "timesync.test_timesync.test_data")...)
	boots, err := ParseTimesync(b)
	if err != nil || len(boots) != 1 || len(boots[0].Syncs) != 1 {
		t.Errorf("%+v, %v", boots, err)
	}
}

func hexOf(v uint64) string { return strconv.FormatUint(v, 16) }

func decimal(v uint32) string { return strconv.FormatUint(uint64(v), 10) }
