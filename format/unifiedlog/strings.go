package unifiedlog
type stringStore struct{}
func (*stringStore) imagePath(UUID) string { return "" }
