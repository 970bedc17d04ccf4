package unifiedlog

// SetLimit sets how many bytes wait in Entries.
func (a *Archive) SetLimit(n int) { a.limit = n }
