package ips

import (
	"strconv"
	"strings"
)

func (r *textReader) set(key, value string) {
	c := &r.c
	switch key {
	case "Process":
		c.Process, c.PID = owner(value)
	case "Parent Process":
		c.Parent, c.ParentPID = owner(value)
	case "Responsible", "Responsible Process":
		c.Responsible, c.ResponsiblePID = owner(value)
	case "Coalition":
		c.Coalition, c.CoalitionID = owner(value)
	case "Triggered by Thread", "Crashed Thread":
		first, rest, _ := strings.Cut(value, " ")
		if n, err := strconv.ParseInt(strings.TrimSuffix(first, ","), 10, 64); err == nil {
			c.Faulting = &n
		} else {
			rest = value
		}
		if rest = strings.TrimSpace(rest); rest != "" {
			r.other(key, rest)
		}
	case "Exception Type":
		c.Type = value
		if t, signal, ok := strings.Cut(value, " ("); ok {
			c.Type, c.Signal = t, strings.TrimSuffix(signal, ")")
		}
	case "Termination Reason":
		c.reason(value)
	case "OS Version":
		c.System = value
		if version, build, ok := strings.Cut(value, " ("); ok {
			c.System, c.SystemBuild = version, strings.TrimSuffix(build, ")")
		}
	default:
		if to := c.head(key); to != nil && *to == "" {
			*to = value
		} else {
			r.other(key, value)
		}
	}
}

// head returns where a text of the head belongs, nil if it is none.
func (c *CrashReport) head(key string) *string {
	switch key {
	case "Incident Identifier":
		return &c.Incident
	case "CrashReporter Key":
		return &c.ReporterKey
	case "Hardware Model":
		return &c.Model
	case "Path":
		return &c.Path
	case "Identifier":
		return &c.Identifier
	case "Version":
		return &c.Version
	case "Role":
		return &c.Role
	case "Date/Time":
		return &c.Time
	case "Launch Time":
		return &c.Launched
	case "Release Type":
		return &c.ReleaseType
	case "Exception Subtype":
		return &c.Subtype
	case "Exception Codes":
		return &c.Codes
	case "Exception Message":
		return &c.Message
	case "Terminating Process":
		return &c.By
	case "VM Region Info", "VM Regions Near":
		return &c.Region
	case "Kernel Triage":
		return &c.Triage
	}
	return nil
}

// reason reads "Namespace SIGNAL, Code 0x1" or "SIGNAL 6 text".
func (c *CrashReport) reason(value string) {
	rest, ok := strings.CutPrefix(value, "Namespace ")
	if !ok {
		c.Reasons = append(c.Reasons, value)
		return
	}
	namespace, rest, _ := strings.Cut(rest, ",")
	c.Namespace = namespace
	if _, code, ok := strings.Cut(rest, "Code "); ok {
		c.Code = strings.TrimSpace(code)
	} else if rest != "" {
		c.Reasons = append(c.Reasons, strings.TrimSpace(rest))
	}
}

// owner reads "name [number]".
func owner(value string) (string, *int64) {
	m := textOwner.FindStringSubmatch(value)
	if m == nil {
		return value, nil
	}
	n, err := strconv.ParseInt(m[2], 10, 64)
	if err != nil {
		return value, nil
	}
	return m[1], &n
}
