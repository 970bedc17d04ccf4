package unifiedlog

func (d *decoder) statedump(b []byte, at int) bool { return true }

func (d *decoder) simpledump(b []byte, at int) bool { return true }

func (d *decoder) appendStatedump(dst []byte, e *Entry) []byte { return dst }
