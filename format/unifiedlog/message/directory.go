package message

import (
	"bytes"
	"encoding/binary"
	"time"
)

// memberTypes are the kinds of identifiers of membership.h.
var memberTypes = map[int64]string{
	0: "UID", 1: "GID", 3: "SID", 4: "Username", 5: "Groupname", 6: "UUID",
	7: "GROUP NFS", 8: "USER NFS", 10: "GSS EXPORT NAME", 11: "X509 DN", 12: "KERBEROS",
}

// appendMember appends a user or a group that opendirectoryd looked up:
// "user: -2@/Local/Default". Its first byte tells what follows.
func appendMember(dst, data []byte, _ *time.Location) ([]byte, status) {
	if len(data) == 0 {
		return dst, unsupported
	}
	kind, rest := data[0], data[1:]
	label, number := "user: ", false
	switch kind {
	case 0x23, 0xa3:
		number = true
	case 0x24, 0xa0, 0xa4:
	case 0x44:
		label = "group: "
	case 0xc3:
		label, number = "group: ", true
	default:
		return appendUnknown(dst, int64(kind))
	}
	if number {
		if len(rest) < 4 {
			return dst, unsupported
		}
		dst = appendInt(append(dst, label...), int64(int32(binary.LittleEndian.Uint32(rest))))
		rest = rest[4:]
	} else {
		var name []byte
		name, rest, _ = bytes.Cut(rest, []byte{0})
		name, _ = valid(name)
		dst = append(append(dst, label...), name...)
	}
	domain, _, _ := bytes.Cut(rest, []byte{0})
	if domain, _ = valid(domain); len(domain) == 0 {
		return append(dst, "@<not found>"...), decodedAll
	}
	return append(append(dst, '@'), domain...), decodedAll
}

// appendSID appends a security identifier of Windows: revision, count,
// authority of 48 bits, big-endian, and sub-authorities of 32 bits.
func appendSID(dst, data []byte, _ *time.Location) ([]byte, status) {
	if len(data) < 8 || len(data) < 8+4*int(data[1]) {
		return dst, unsupported
	}
	dst = appendUint(append(dst, "S-"...), uint64(data[0]))
	authority := binary.BigEndian.Uint64(data) & (1<<48 - 1)
	dst = appendUint(append(dst, '-'), authority)
	for i := range int(data[1]) {
		dst = appendUint(append(dst, '-'), uint64(binary.LittleEndian.Uint32(data[8+4*i:])))
	}
	return dst, decodedAll
}

// appendODError appends the name of an error of Open Directory.
func appendODError(dst, data []byte, _ *time.Location) ([]byte, status) {
	n, ok := signed(data)
	switch {
	case !ok:
		return dst, unsupported
	case n == 0:
		return append(dst, "ODNoError"...), decodedAll
	case n == 2:
		return append(dst, "Not Found"...), decodedAll
	}
	name, ok := directoryErrors[n]
	if !ok {
		return appendUnknown(dst, n)
	}
	return append(append(dst, "ODError"...), name...), decodedAll
}

// directoryErrors are the codes of CFOpenDirectoryConstants.h.
var directoryErrors = map[int64]string{
	1000: "SessionLocalOnlyDaemonInUse", 1001: "SessionNormalDaemonInUse",
	1002: "SessionDaemonNotRunning", 1003: "SessionDaemonRefused",
	1100: "SessionProxyCommunicationError", 1101: "SessionProxyVersionMismatch",
	1102: "SessionProxyIPUnreachable", 1103: "SessionProxyUnknownHost",
	2000: "NodeUnknownName", 2001: "NodeUnknownType", 2002: "NodeDisabled",
	2100: "NodeConnectionFailed", 2200: "NodeUnknownHost",
	3000: "QuerySynchronize", 3100: "QueryInvalidMatchType",
	3101: "QueryUnsupportedMatchType", 3102: "QueryTimeout",
	4000: "RecordReadOnlyNode", 4001: "RecordPermissionError",
	4100: "RecordParameterError", 4101: "RecordInvalidType",
	4102: "RecordAlreadyExists", 4103: "RecordTypeDisabled",
	4104: "RecordNoLongerExists", 4200: "RecordAttributeUnknownType",
	4201: "RecordAttributeNotFound", 4202: "RecordAttributeValueSchemaError",
	4203: "RecordAttributeValueNotFound",
	5000: "CredentialsInvalid", 5001: "CredentialsInvalidComputer",
	5100: "CredentialsMethodNotSupported", 5101: "CredentialsNotAuthorized",
	5102: "CredentialsParameterError", 5103: "CredentialsOperationFailed",
	5200: "CredentialsServerUnreachable", 5201: "CredentialsServerNotFound",
	5202: "CredentialsServerError", 5203: "CredentialsServerTimeout",
	5204: "CredentialsContactPrimary", 5205: "CredentialsServerCommunicationError",
	5300: "CredentialsAccountNotFound", 5301: "CredentialsAccountDisabled",
	5302: "CredentialsAccountExpired", 5303: "CredentialsAccountInactive",
	5304: "CredentialsAccountTemporarilyLocked", 5305: "CredentialsAccountLocked",
	5400: "CredentialsPasswordExpired", 5401: "CredentialsPasswordChangeRequired",
	5402: "CredentialsPasswordQualityFailed", 5403: "CredentialsPasswordTooShort",
	5404: "CredentialsPasswordTooLong", 5405: "CredentialsPasswordNeedsLetter",
	5406: "CredentialsPasswordNeedsDigit", 5407: "CredentialsPasswordChangeTooSoon",
	5408: "CredentialsPasswordUnrecoverable", 5500: "CredentialsInvalidLogonHours",
	6000: "PolicyUnsupported", 6001: "PolicyOutOfRange",
	10000: "PluginOperationNotSupported", 10001: "PluginError", 10002: "DaemonError",
	10003: "PluginOperationTimeout",
}
