package figures

// The tests of MVT on interactions and on WhatsApp's contacts.
var peopleAnswers = map[string][]answer{
	"test_interactionc.py::test_extraction_with_whatsapp_contacts": {
		{says: `len(m.results)`, ours: count("ios.interactionc")},
		{says: `incoming["direction"]`, ours: field("ios.interactionc", "sender=100000000000001@lid", "direction"), want: "incoming", why: "words are written small here"},
		{says: `incoming["sender_resolved_phone_number"]`, ours: field("ios.whatsappcontacts", "lid=100000000000001@lid", "number")},
		{says: `incoming["sender_resolved_name"]`, ours: field("ios.whatsappcontacts", "lid=100000000000001@lid", "name")},
		{says: `outgoing["recipient_identifier"]`, ours: field("ios.interactionc", "direction=outgoing", "recipients.0")},
		{says: `outgoing["recipient_resolved_name"]`, ours: field("ios.whatsappcontacts", "number=+14155550100", "name")},
		{says: `outgoing["domain_resolved_phone_number"]`, ours: field("ios.whatsappcontacts", "lid=100000000000001@lid", "number")},
		{says: `outgoing["domain_resolved_name"]`, ours: field("ios.whatsappcontacts", "lid=100000000000001@lid", "name")},
		{says: `sms.get("sender_resolved_name")`, ours: field("ios.interactionc", "app=com.apple.MobileSMS", "sender_resolved_name")},
		{says: `sms["sender_display_name"]`, ours: field("ios.interactionc", "app=com.apple.MobileSMS", "sender_name")},
		{says: `"[net.whatsapp.WhatsApp] INCOMING from " "Alice Example (+14155550100) to local user" in events`,
			ours: line("ios.interactionc", 0), want: "[net.whatsapp.WhatsApp] incoming from 100000000000001@lid to the owner", why: joined},
		{says: `"[net.whatsapp.WhatsApp] OUTGOING from local user to " "Alice Example (+14155550100)" in events`,
			ours: line("ios.interactionc", 1), want: "[net.whatsapp.WhatsApp] outgoing from the owner to +14155550100", why: joined},
		{says: `"[com.apple.MobileSMS] INCOMING from " "Bob Example (+14155550101) to local user" in events`,
			ours: line("ios.interactionc", 2), want: "[com.apple.MobileSMS] incoming from Bob Example (+14155550101) to the owner", why: words},
		{says: `len(creation_events)`, ours: count("ios.interactionc", "created=2025-12-09T12:26:40")},
		{says: `creation_events[0]["timestamp"]`, ours: field("ios.interactionc", "app=com.apple.MobileSMS", "created")},
		{says: `creation_events[0]["data"]`, ours: field("ios.interactionc", "app=com.apple.MobileSMS", "created"), want: "2025-12-09T12:26:40", why: words},
		{says: `len(first_seen)`, ours: count("ios.interactioncontacts", "first_from=2025-09-03T13:46:40")},
		{says: `first_seen[0]["timestamp"]`, ours: field("ios.interactioncontacts", "name=Bob Example", "first_from")},
		{says: `first_seen[0]["data"]`, ours: field("ios.interactioncontacts", "number=+14155550101", "first_from"), want: "2025-09-03T13:46:40", why: words},
		{says: `"Last incoming interaction from Bob Example (+14155550101)" in events`,
			ours: field("ios.interactioncontacts", "number=+14155550101", "last_from"), want: "2025-09-10T12:26:40", why: words},
	},
	"test_interactionc.py::test_extraction_without_whatsapp_contacts": {
		{says: `len(m.results)`, ours: count("ios.interactionc")},
		{says: `"[net.whatsapp.WhatsApp] INCOMING from " "100000000000001@lid to local user" in events`,
			ours: line("ios.interactionc", 0), want: "[net.whatsapp.WhatsApp] incoming from 100000000000001@lid to the owner", why: words},
		{says: `"[net.whatsapp.WhatsApp] OUTGOING from local user to " "+14155550100" in events`,
			ours: line("ios.interactionc", 1), want: "[net.whatsapp.WhatsApp] outgoing from the owner to +14155550100", why: words},
	},
	"test_whatsapp_contacts.py::test_extraction": {
		{says: `len(m.results)`, ours: count("ios.whatsappcontacts")},
		{says: `alice["full_name"]`, ours: alice("name")},
		{says: `alice["phone_number"]`, ours: alice("number")},
		{says: `alice["whatsapp_id"]`, ours: alice("jid")},
		{says: `alice["lid"]`, ours: alice("lid")},
		{says: `alice["user_name"]`, ours: alice("user")},
		{says: `alice["disappearing_mode_duration"]`, ours: alice("disappear_seconds")},
		{says: `alice["disappearing_mode_is_on"]`, ours: alice("disappear_seconds"), want: "86400", why: derived},
		{says: `alice["disappearing_mode_label"]`, ours: alice("disappear_seconds"), want: "86400", why: derived},
		{says: `alice["disappearing_mode_timestamp"]`, ours: alice("disappear_set")},
		{says: `alice["about_timestamp"]`, ours: alice("about_set")},
		{says: `alice["about_expiration_timestamp"]`, ours: alice("about_expires")},
		{says: `alice["last_updated"]`, ours: alice("updated")},
		{says: `bob["lid"]`, ours: bob("lid")},
		{says: `bob["disappearing_mode_duration"]`, ours: bob("disappear_seconds")},
		{says: `bob["disappearing_mode_is_on"]`, ours: bob("disappear_seconds"), want: "", why: derived},
		{says: `bob["disappearing_mode_label"]`, ours: bob("disappear_seconds"), want: "", why: derived},
		{says: `bob["disappearing_mode_timestamp"]`, ours: bob("disappear_set")},
		{says: `len(m.timeline)`, ours: instants("ios.whatsappcontacts")},
		{says: `"24 hours" in events[("disappearing_mode_set", "2025-07-23 21:46:40.000000")]`, ours: alice("disappear_set"), want: "2025-07-23T21:46:40", why: words},
		{says: `"14155550100@s.whatsapp.net (Alice Example)" in events[("disappearing_mode_set", "2025-07-23 21:46:40.000000")]`,
			ours: line("ios.whatsappcontacts", 0), want: "WhatsApp contact 14155550100@s.whatsapp.net (Alice Example)"},
		{says: `'changed to "Hey there! I am using WhatsApp."' in events[("about_changed", "2025-07-12 08:00:00.000000")]`, ours: alice("about"), want: "Hey there! I am using WhatsApp."},
		{says: `"scheduled to expire" in events[("about_expiration", "2025-08-16 01:20:00.000000")]`, ours: alice("about_expires"), want: "2025-08-16T01:20:00", why: words},
		{says: `len(updated)`, ours: count("ios.whatsappcontacts", "updated=2025-08-04T11:33:20")},
		{says: `all( entry["timestamp"] == "2025-08-04 11:33:20.000000" for entry in m.timeline if entry["event"] == "contact_last_updated" )`, ours: bob("updated"), want: "2025-08-04T11:33:20"},
		{says: `any("14155550101@s.whatsapp.net (Bob Example)" in d for d in updated)`, ours: line("ios.whatsappcontacts", 1), want: "WhatsApp contact 14155550101@s.whatsapp.net (Bob Example)"},
		{says: `len(m.alertstore.alerts)`, ours: judged("ios.whatsappcontacts")},
	},
}

func alice(path string) question { return field("ios.whatsappcontacts", "name=Alice Example", path) }
func bob(path string) question   { return field("ios.whatsappcontacts", "name=Bob Example", path) }

// The tests of MVT on WhatsApp's messages. The manifest of its backup does not
// list LID.sqlite, which MVT finds by its name; here it is put beside the
// messages by hand.
var whatsappAnswers = map[string][]answer{
	"test_whatsapp.py::test_extraction": {
		{says: `len(messages)`, ours: count("ios.whatsapp")},
		{says: `len(sessions)`, ours: count("ios.whatsappchats")},
		{says: `len(pairs)`, ours: count("ios.whatsapplids")},
		{says: `pairs[0]["lid"]`, ours: field("ios.whatsapplids", "", "lid")},
		{says: `pairs[0]["phone_number"]`, ours: field("ios.whatsapplids", "", "number")},
		{says: `pairs[0]["pair_timestamp"]`, ours: field("ios.whatsapplids", "", "learned")},
		{says: `linked["links"]`, ours: field("ios.whatsapp", "direction=sent", "text"), want: "Check https://example.org/news", why: links},
		{says: `alice["contact_jid"]`, ours: chat("jid")},
		{says: `alice["partner_resolved_phone_number"]`, ours: chat("number")},
		{says: `alice["first_stored_message_date"]`, ours: chat("first_stored")},
		{says: `alice["last_message_date"]`, ours: chat("last_message")},
		{says: `alice["group_creation_date"]`, ours: chat("created")},
		{says: `alice["stored_message_count"]`, ours: chat("stored")},
		{says: `group["group_creation_date"]`, ours: group("created")},
		{says: `group["first_stored_message_date"]`, ours: group("first_stored")},
		{says: `group["last_stored_message_date"]`, ours: group("last_stored")},
		{says: `group["last_message_date"]`, ours: group("last_message")},
		{says: `len(m.timeline)`, ours: instants("ios.whatsapp", "ios.whatsappchats", "ios.whatsapplids")},
		{says: `events[("chat_first_message", "2025-08-27 15:06:40.000000")]`, ours: chat("first_stored"), want: "2025-08-27T15:06:40", why: words},
		{says: `events[("chat_last_message", "2025-08-28 18:53:20.000000")]`, ours: chat("last_message"), want: "2025-08-28T18:53:20", why: words},
		{says: `events[("lid_pair_recorded", "2025-08-25 07:33:20.000000")]`, ours: field("ios.whatsapplids", "", "learned"), want: "2025-08-25T07:33:20", why: words},
		{says: `events[("group_created", "2025-08-21 20:13:20.000000")]`, ours: group("created"), want: "2025-08-21T20:13:20", why: words},
		{says: `("chat_first_message", "2025-08-29 22:40:00.000000") in events`, ours: group("first_stored"), want: "2025-08-29T22:40:00"},
		{says: `("chat_last_message", "2025-08-31 02:26:40.000000") in events`, ours: group("last_message"), want: "2025-08-31T02:26:40"},
		{says: `len(m.alertstore.alerts)`, ours: judged("ios.whatsappchats"), want: "1", why: "a conversation that counts more messages than are stored is context here"},
	},
	"Whatsapp": {
		{says: "n", ours: count("ios.whatsapp"), want: "3", why: "conversations and pairs, two and one, are records of their own artifacts"},
		{says: "timeline", ours: instants("ios.whatsapp", "ios.whatsappchats", "ios.whatsapplids")},
		{says: "alerts", ours: judged("ios.whatsappchats"), want: "1", why: "a conversation that counts more messages than are stored is context here"},
	},
}

func chat(path string) question  { return field("ios.whatsappchats", "name=Alice Example", path) }
func group(path string) question { return field("ios.whatsappchats", "name=Example Group", path) }
