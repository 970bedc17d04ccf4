package message

import "time"

// appendStrerror appends the text of an error number, as %m does.
func appendStrerror(dst, data []byte, _ *time.Location) ([]byte, status) {
	n, ok := signed(data)
	if !ok {
		return dst, unsupported
	}
	return appendErrorText(dst, n), decodedAll
}

// appendErrno appends an error number and its text: "[32: Broken pipe]".
func appendErrno(dst, data []byte, _ *time.Location) ([]byte, status) {
	n, ok := signed(data)
	if !ok {
		return dst, unsupported
	}
	dst = appendInt(append(dst, '['), n)
	dst = appendErrorText(append(dst, ": "...), n)
	return append(dst, ']'), decodedAll
}

// appendErrorText appends the text of an error number as Darwin's strerror.
func appendErrorText(dst []byte, n int64) []byte {
	if 0 <= n && n < int64(len(errnos)) {
		return append(dst, errnos[n]...)
	}
	if text, ok := kernelErrnos[n]; ok {
		return append(dst, text...)
	}
	return appendInt(append(dst, "Unknown error: "...), n)
}

// errnos are the texts of sys_errlist of Darwin's libc.
var errnos = [...]string{
	"Undefined error: 0", "Operation not permitted", "No such file or directory",
	"No such process", "Interrupted system call", "Input/output error",
	"Device not configured", "Argument list too long", "Exec format error",
	"Bad file descriptor", "No child processes", "Resource deadlock avoided",
	"Cannot allocate memory", "Permission denied", "Bad address",
	"Block device required", "Resource busy", "File exists", "Cross-device link",
	"Operation not supported by device", "Not a directory", "Is a directory",
	"Invalid argument", "Too many open files in system", "Too many open files",
	"Inappropriate ioctl for device", "Text file busy", "File too large",
	"No space left on device", "Illegal seek", "Read-only file system",
	"Too many links", "Broken pipe", "Numerical argument out of domain",
	"Result too large", "Resource temporarily unavailable",
	"Operation now in progress", "Operation already in progress",
	"Socket operation on non-socket", "Destination address required",
	"Message too long", "Protocol wrong type for socket", "Protocol not available",
	"Protocol not supported", "Socket type not supported",
	"Operation not supported", "Protocol family not supported",
	"Address family not supported by protocol family", "Address already in use",
	"Can't assign requested address", "Network is down", "Network is unreachable",
	"Network dropped connection on reset", "Software caused connection abort",
	"Connection reset by peer", "No buffer space available",
	"Socket is already connected", "Socket is not connected",
	"Can't send after socket shutdown", "Too many references: can't splice",
	"Operation timed out", "Connection refused",
	"Too many levels of symbolic links", "File name too long", "Host is down",
	"No route to host", "Directory not empty", "Too many processes",
	"Too many users", "Disc quota exceeded", "Stale NFS file handle",
	"Too many levels of remote in path", "RPC struct is bad", "RPC version wrong",
	"RPC prog. not avail", "Program version wrong", "Bad procedure for program",
	"No locks available", "Function not implemented",
	"Inappropriate file type or format", "Authentication error",
	"Need authenticator", "Device power is off", "Device error",
	"Value too large to be stored in data type",
	"Bad executable (or shared library)", "Bad CPU type in executable",
	"Shared library version mismatch", "Malformed Mach-o file",
	"Operation canceled", "Identifier removed", "No message of desired type",
	"Illegal byte sequence", "Attribute not found", "Bad message",
	"EMULTIHOP (Reserved)", "No message available on STREAM",
	"ENOLINK (Reserved)", "No STR resources", "Not a STREAM", "Protocol error",
	"STREAM ioctl timeout", "Operation not supported on socket",
	"Policy not found", "State not recoverable", "Previous owner died",
	"Interface output queue is full",
}

// kernelErrnos are pseudo errors within the kernel (sys/errno.h of XNU).
var kernelErrnos = map[int64]string{
	-1: "restart syscall", -2: "don't modify registers",
	-5: "restart lookup under vnode pressure", -6: "red drive open",
	-7: "keep looking", -8: "data less",
}

// appendMach appends a Mach return code and its text. The form is that of
// darwin.errno with the code as Mach writes it; Apple's is not published.
func appendMach(dst, data []byte, _ *time.Location) ([]byte, status) {
	n, ok := signed(data)
	if !ok {
		return dst, unsupported
	}
	text, ok := machErrors[uint32(n)]
	if !ok {
		text = "unknown error code"
	}
	dst = appendHexNumber(append(dst, '['), uint64(uint32(n)))
	dst = append(dst, ": "...)
	dst = append(dst, text...)
	if dst = append(dst, ']'); !ok {
		return dst, unknown
	}
	return dst, decodedAll
}

// machErrors are the codes of mach/message.h, mach/kern_return.h and
// mach/mig_errors.h of XNU.
var machErrors = func() map[uint32]string {
	m := map[uint32]string{}
	add := func(system string, first, step uint32, names ...string) {
		for i, name := range names {
			if name != "" {
				m[first+step*uint32(i)] = "(" + system + ") " + name
			}
		}
	}
	add("os/kern", 0, 1, "successful", "invalid address", "protection failure",
		"no space available", "invalid argument", "failure", "resource shortage",
		"not receiver", "no access", "memory failure", "memory error",
		"already in set", "not in set", "name exists", "aborted", "invalid name",
		"invalid task", "invalid right", "invalid value", "urefs overflow",
		"invalid capability", "right exists", "invalid host", "memory present",
		"memory data moved", "memory restart copy", "invalid processor set",
		"policy limit", "invalid policy", "invalid object", "already waiting",
		"default set", "exception protected", "invalid ledger",
		"invalid memory control", "invalid security", "not depressed",
		"object terminated", "lock set destroyed", "lock unstable", "lock owned",
		"lock owned self", "semaphore destroyed", "RPC server terminated",
		"RPC terminate orphan", "RPC continue orphan", "not supported",
		"node down", "thread not waiting", "operation timed out",
		"code signing error", "policy static")
	add("ipc/send", 0x10000001, 1, "send in progress", "invalid data",
		"invalid destination port", "timed out", "invalid voucher", "",
		"interrupted", "message too small", "invalid reply port", "invalid right",
		"invalid notify port", "invalid memory", "no buffer", "message too large",
		"invalid type", "invalid header", "invalid trailer", "", "", "",
		"invalid out-of-line size")
	add("ipc/rcv", 0x10004001, 1, "receive in progress", "invalid name",
		"timed out", "message too large", "interrupted", "port changed",
		"invalid notify port", "invalid data", "port died", "port in set",
		"header error", "body error", "invalid type", "scatter too small",
		"invalid trailer", "receive in progress, timed")
	add("ipc/mig", 1<<32-300, 1<<32-1, "type error", "reply mismatch",
		"remote error", "bad request ID", "bad arguments", "no reply",
		"exception", "array too large", "server died", "trailer error")
	return m
}()

// appendMode appends the mode of a file as ls does: "drwxr-xr-x".
func appendMode(dst, data []byte, _ *time.Location) ([]byte, status) {
	mode, ok := unsigned(data)
	if !ok {
		return dst, unsupported
	}
	kinds := [16]byte{1: 'p', 2: 'c', 4: 'd', 6: 'b', 8: '-', 10: 'l', 12: 's', 14: 'w'}
	kind := kinds[mode>>12&15]
	if kind == 0 {
		kind = '?'
	}
	dst = append(dst, kind)
	special := "sst"
	for i := range 3 {
		bits := mode >> (6 - 3*i) & 7
		dst = append(dst, pick(bits&4 != 0, 'r'), pick(bits&2 != 0, 'w'))
		x := pick(bits&1 != 0, 'x')
		if mode>>(11-i)&1 != 0 {
			x = special[i]
			if bits&1 == 0 {
				x -= 'a' - 'A'
			}
		}
		dst = append(dst, x)
	}
	return dst, decodedAll
}

// pick returns the letter of a permission that is granted.
func pick(granted bool, letter byte) byte {
	if granted {
		return letter
	}
	return '-'
}

// appendSignal appends a signal: "[sigsegv: Segmentation Fault]".
func appendSignal(dst, data []byte, _ *time.Location) ([]byte, status) {
	n, ok := signed(data)
	switch {
	case !ok:
		return dst, unsupported
	case n < 1 || n > int64(len(signals)):
		return appendUnknown(dst, n)
	}
	dst = append(append(dst, '['), signals[n-1][0]...)
	dst = append(append(dst, ": "...), signals[n-1][1]...)
	return append(dst, ']'), decodedAll
}

// signals are the signals from 1 on, of sys/signal.h and sys_siglist of Darwin.
// os_log(3) spells that of SIGSEGV with a capital F.
var signals = [...][2]string{
	{"sighup", "Hangup"}, {"sigint", "Interrupt"}, {"sigquit", "Quit"},
	{"sigill", "Illegal instruction"}, {"sigtrap", "Trace/BPT trap"},
	{"sigabrt", "Abort trap"}, {"sigemt", "EMT trap"},
	{"sigfpe", "Floating point exception"}, {"sigkill", "Killed"},
	{"sigbus", "Bus error"}, {"sigsegv", "Segmentation Fault"},
	{"sigsys", "Bad system call"}, {"sigpipe", "Broken pipe"},
	{"sigalrm", "Alarm clock"}, {"sigterm", "Terminated"},
	{"sigurg", "Urgent I/O condition"}, {"sigstop", "Suspended (signal)"},
	{"sigtstp", "Suspended"}, {"sigcont", "Continued"},
	{"sigchld", "Child exited"}, {"sigttin", "Stopped (tty input)"},
	{"sigttou", "Stopped (tty output)"}, {"sigio", "I/O possible"},
	{"sigxcpu", "Cputime limit exceeded"}, {"sigxfsz", "Filesize limit exceeded"},
	{"sigvtalrm", "Virtual timer expired"}, {"sigprof", "Profiling timer expired"},
	{"sigwinch", "Window size changes"}, {"siginfo", "Information request"},
	{"sigusr1", "User defined signal 1"}, {"sigusr2", "User defined signal 2"},
}
