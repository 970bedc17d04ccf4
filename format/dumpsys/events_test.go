package dumpsys

import (
	"fmt"
	"testing"
)

func TestEvent(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ tag, message, want string }{
		{"am_proc_start", "[0,840,10097,com.example.a,service,{com.example.a/com.example.a.B}]", "[{user 0} {pid 840} {uid 10097} {process com.example.a} {type service} {component {com.example.a/com.example.a.B}}]"},
		{"am_proc_start", "[209,1000,com.example.a,service,com.example.a/.B]", "[{pid 209} {uid 1000} {process com.example.a} {type service} {component com.example.a/.B}]"},
		{"am_kill", "[0,2185,com.example.a,0,stop a, then b]", "[{user 0} {pid 2185} {process com.example.a} {adj 0} {reason stop a, then b}]"},
		{"am_kill", "[0,2185,com.example.a,900,empty #17,20312]", "[{user 0} {pid 2185} {process com.example.a} {adj 900} {reason empty #17} {rss 20312}]"},
		{"am_kill", "[405,com.example.a,14,too many background]", "[{pid 405} {process com.example.a} {adj 14} {reason too many background}]"},
		{"am_crash", "[0,1,com.example.a,55,java.lang.X,a, b,File.java,12]", "[{user 0} {pid 1} {process com.example.a} {flags 55} {exception java.lang.X} {message a, b} {file File.java} {line 12}]"},
		{"am_crash", "[0,1,com.example.a,55,java.lang.X,NULL,File.java,12,0]", "[{user 0} {pid 1} {process com.example.a} {flags 55} {exception java.lang.X} {file File.java} {line 12} {recoverable 0}]"},
		{"wm_create_activity", "[0,4294967296,2,com.example.a/.B,android.intent.action.VIEW,NULL,https://www.example.com/?a,b,277]", "[{user 0} {token 4294967296} {task 2} {component com.example.a/.B} {action android.intent.action.VIEW} {uri https://www.example.com/?a,b} {flags 277}]"},
		{"am_uid_running", "10109", "[{uid 10109}]"},
		{"snet_event_log", "[121035042,-1,]", "[{subtag 121035042} {uid -1}]"},
		{"am_proc_died", "[945]", "[]"},
		{"am_proc_start", "", "[]"},
		{"am_pss", "[1,2]", "[]"},
	} {
		e := LogEntry{Tag: tt.tag, Message: tt.message}
		if got := fmt.Sprint(e.Event()); got != tt.want {
			t.Errorf("%s %s:\n got %s\nwant %s", tt.tag, tt.message, got, tt.want)
		}
	}
}

func FuzzEvent(f *testing.F) {
	f.Add("am_kill", "[0,2185,com.example.a,900,empty #17,20312]")
	f.Add("wm_create_activity", "[,,,,,,,,,,]")
	f.Fuzz(func(t *testing.T, tag, message string) {
		e := LogEntry{Tag: tag, Message: message}
		if fields := e.Event(); len(fields) > maxEventParts {
			t.Errorf("%d fields", len(fields))
		}
	})
}
