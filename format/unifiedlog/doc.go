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
// # Order of time
//
// Within a boot, entries are ordered by Mach continuous time, which never goes
// back, and boots in the order in which timesync files list them: the order of
// events also where somebody has set the clock. See [Archive.Entries] for how
// memory stays bounded.
//
// # Nothing is lost silently
//
// A damaged part costs itself only: it is counted in [Stats] and given as an
// error. An entry whose format string cannot be found is given with what is
// known: where the string should be, and its arguments.
//
// # Sources
//
// The layout is that which libyal/dtformats documents ("Apple Unified Logging and
// Activity Tracing formats"), with what published readers and Apple's os_log(3)
// add, checked on real files of macOS 10.14 and 13. Changes of iOS 27 and macOS 27
// are known second-hand: no file of these systems was at hand.
package unifiedlog
