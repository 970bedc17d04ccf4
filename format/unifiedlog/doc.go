// Package unifiedlog reads the unified logs of Apple systems: the binary log
// store of iOS 10 and macOS 10.12 and later, as a logarchive, as the folder
// system_logs.logarchive of a sysdiagnose, or as the live layout of a file
// system (private/var/db/diagnostics and private/var/db/uuidtext).
//
// [Open] lists the store without decompressing anything. [Archive.Scan] gives
// the entries in batches, as fast as they can be decoded and from several
// workers; [Archive.Entries] gives them one by one in the order of time. Both
// take a [Filter], which is applied as early as the format allows: whole
// compressed parts are skipped by what the catalogs say of them, pages by their
// process, tracepoints by their fixed fields. The text of a message is composed
// only when it is asked for.
//
// Package [github.com/vigie-project/vigie/format/unifiedlog/message] composes messages
// and can be used alone; logtest writes stores for tests; notable tells which messages
// speak of launches, crashes, denials and the like.
//
// # What it reads
//
// Log files (tracev3) of the folders Persist, Special, Signpost and HighVolume and
// of the live file; chunksets stored, in LZ4 and in LZBITMAP; messages, activities,
// traces, signposts and losses, with arguments kept apart in other chunksets and
// files; statedumps and simpledumps; strings of programs (uuidtext) and of shared
// caches (dsc, versions 1 and 2); clocks (timesync). Nothing is written, and nothing
// outside the given [io/fs.FS] is opened, so that an archive need not be unpacked.
//
// # Order of time
// //
// Within a boot, entries are ordered by Mach continuous time, which never goes
// back, and boots in the order in which timesync files list them: the order of
// events also where somebody has set the clock. See [Archive.Entries] for how
// memory stays bounded.
//
// # Nothing is lost silently
//
// A damaged part costs itself only: it is counted in [Stats] and given as an
// error. An entry whose format string cannot be found is given with what is
// known: where the string should be, and its arguments; [Entry.Status] tells why,
// and Stats counts such entries and the formats they lack.
//
// # What is counted as an entry
//
// Each tracepoint of a page, each statedump and each simpledump is one entry; an
// oversize chunk is none, since it holds arguments of another. Readers that count
// timesync records too, as plaso has since 2024, or leave out what they cannot
// compose, give other numbers for the same store.
//
// # Times
//
// [Entry.Nanos] is computed from ticks with integers and is exact to the nanosecond;
// [Clock] says from what: a sync record, the start of the boot, or the header of the
// log file if no timesync file has the boot. An entry that nothing dates has the
// time zero, never 1970.
//
// # Memory
//
// Neither way of reading holds more than some chunksets for each processor, the
// tables of catalogs in use and the format strings that were met: some tens of
// megabytes for a store of twenty million entries. Sizes and counts in the files are
// checked before memory is taken for them.
//
// # Sources
//
// The layout is that which libyal/dtformats documents ("Apple Unified Logging and
// Activity Tracing formats"), with what published readers and Apple's os_log(3)
// add, checked on real files of macOS 10.14 and 13. Changes of iOS 27 and macOS 27
// are known second-hand: no file of these systems was at hand.
package unifiedlog
