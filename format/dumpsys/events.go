package dumpsys

import "strings"

// eventForms are the fields of events of the log "events", by tag, in the order in
// which they are printed; the first form that fits is meant. A "#" after a name
// says that the field is a number, "*" that it is a text that can hold commas.
//
// Before Android 4.2 events have no user, and several have gained fields at their
// end since.
//
// Source: AOSP, EventLogTags.logtags of services/core/java/com/android/server and
// of am, wm and pm below it; observed texts of Android 2.3 and 14.
var eventForms = map[string][]string{
	"am_proc_start": {"user# pid# uid# process type component", "pid# uid# process type component"},
	"am_proc_bound": {"user# pid# process", "pid# process"},
	"am_proc_died":  {"user# pid# process adj# state#", "user# pid# process", "pid# process"},
	"am_proc_good":  {"user# uid# process", "uid# process"},
	"am_proc_bad":   {"user# uid# process", "uid# process"},
	"am_kill":       {"user# pid# process adj# reason* rss#", "user# pid# process adj# reason*", "pid# process adj# reason*"},
	"am_crash": {"user# pid# process flags# exception message* file line# recoverable#", "user# pid# process flags# exception message* file line#",
		"pid# process flags# exception message* file line#"},
	"am_anr":                      {"user# pid# app flags# reason*", "pid# app flags# reason*"},
	"am_wtf":                      {"user# pid# process flags# tag message*", "pid# process flags# tag message*"},
	"am_create_service":           {"user# token# component uid# pid#", "token# component intent* pid#"},
	"am_destroy_service":          {"user# token# pid#", "token# component pid#"},
	"am_schedule_service_restart": {"user# component delay#", "component delay#"},
	"am_stop_idle_service":        {"uid# component"},
	"am_foreground_service_start": {"user# component while_in_use# start_reason target_sdk# caller_sdk# deferred# shown# duration_ms# starts# stop_reason types#",
		"user# component while_in_use# start_reason*"},
	"am_foreground_service_stop": {"user# component while_in_use# start_reason target_sdk# caller_sdk# deferred# shown# duration_ms# starts# stop_reason types#",
		"user# component while_in_use# start_reason*"},
	"am_foreground_service_denied": {"user# component while_in_use# start_reason target_sdk# caller_sdk# deferred# shown# duration_ms# starts# stop_reason types#",
		"user# component while_in_use# start_reason*"},
	"am_switch_user":     {"user#"},
	"am_uid_running":     {"uid#"},
	"am_uid_stopped":     {"uid#"},
	"am_create_activity": {"user# token# task# component action type uri* flags#", "token# task# component action type uri* flags#"},
	"am_new_intent":      {"user# token# task# component action type uri* flags#", "token# task# component action type uri* flags#"},
	"wm_create_activity": {"user# token# task# component action type uri* flags#"},
	"wm_new_intent":      {"user# token# task# component action type uri* flags#"},

	"notification_enqueue":        {"uid# pid# app id# tag user# notification* status#", "app id# tag user# notification*", "app id# tag notification*"},
	"notification_cancel":         {"uid# pid# app id# tag user# required# forbidden# reason# listener", "app id# tag user# required# forbidden# reason# listener"},
	"pm_critical_info":            {"message*"},
	"unknown_sources_enabled":     {"value#"},
	"snet_event_log":              {"subtag uid# message*"},
	"content_query_sample":        {"uri projection* selection sort time_ms# app percent#"},
	"content_update_sample":       {"uri operation selection* time_ms# app percent#"},
	"rescue_note":                 {"uid# count# window_ms#"},
	"rescue_level":                {"level# trigger_uid#"},
	"boot_progress_start":         {"uptime_ms#"},
	"boot_progress_system_run":    {"uptime_ms#"},
	"boot_progress_pms_start":     {"uptime_ms#"},
	"boot_progress_pms_ready":     {"uptime_ms#"},
	"boot_progress_ams_ready":     {"uptime_ms#"},
	"boot_progress_enable_screen": {"uptime_ms#"},
}

// maxEventParts bounds the fields of one event.
const maxEventParts = 64

// Event returns the fields of an event of the log "events", by the names that they
// have here: "user", "pid", "uid", "process", "component" and the like. A field
// that is "NULL" is left out. It returns nil for an event whose tag is not known,
// or whose fields do not fit.
func (e *LogEntry) Event() []Pair {
	forms := eventForms[e.Tag]
	if forms == nil {
		return nil
	}
	text := e.Message
	if list, ok := strings.CutPrefix(text, "["); ok {
		text = strings.TrimSuffix(list, "]")
	}
	parts := strings.SplitN(text, ",", maxEventParts)
	for _, form := range forms {
		if fields := eventFields(form, parts); fields != nil {
			return fields
		}
	}
	return nil
}

// eventFields gives the parts of an event the names of a form, nil if they do not
// fit it.
func eventFields(form string, parts []string) []Pair {
	names := strings.Fields(form)
	more := len(parts) - len(names) // parts that the open field takes beside its first
	if more < 0 || more > 0 && !strings.Contains(form, "*") {
		return nil
	}
	fields := make([]Pair, 0, len(names))
	for _, name := range names {
		value := parts[0]
		switch name[len(name)-1] {
		case '#':
			name = name[:len(name)-1]
			if digits(strings.TrimPrefix(value, "-")) < 0 && !longNumber(value) {
				return nil
			}
		case '*':
			name, value = name[:len(name)-1], strings.Join(parts[:1+more], ",")
			parts = parts[more:]
		}
		if parts = parts[1:]; value != "NULL" && value != "" {
			fields = append(fields, Pair{name, value})
		}
	}
	return fields
}

// longNumber reports whether a text is a number that is too large for digits.
func longNumber(s string) bool {
	s = strings.TrimPrefix(s, "-")
	return len(s) >= 9 && len(s) < 20 && strings.Trim(s, "0123456789") == ""
}
