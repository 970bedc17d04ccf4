package sqlite

// Why figures differ from those of the corpus.
const (
	whyVirtual     = "rows of a virtual table are in its shadow tables"
	whyDropped     = "the corpus counts the rows at the time of DROP TABLE as alive"
	whyOverwritten = "the statement of the dropped table is overwritten, and what is left of its rows lies in the page of the new table of the same shape"
	whyReused      = "rows of the dropped table whose page and shape this table took over"
	whyPart        = "the other rows are overwritten in part or whole"
	whyVacuum      = "its SQL deletes 1148 rows that the description counts as alive, and auto-vacuum gave most of their pages back"
	whyRoot        = "the root page is forged, and the rows are on a page that nothing refers to"
	whyChild       = "child pointers are forged, and the rows are on pages that nothing refers to: those of both tables of one shape go to the first"
	whyCells       = "cell pointers are forged, and the rows are found where they lie"
	whyZeroed      = "the bytes of the deleted rows are zero in the file"
	whyCut         = "the file ends before the other rows"
)

// corpusFigures has the tables whose figures differ from the ground truth.
var corpusFigures = map[string]figure{
	"06-01 coordinates":     {0, 0, whyVirtual},
	"06-02 coordinates":     {0, 0, whyVirtual},
	"06-03 users":           {0, 0, whyVirtual},
	"09-01 users":           {3852, 37, whyVacuum},
	"0A-01 users":           {0, 20, whyDropped},
	"0A-04 users":           {0, 10, whyDropped},
	"0B-01 users":           {0, 0, whyOverwritten},
	"0B-01 members":         {5, 5, whyReused},
	"0B-02 customers":       {0, 0, whyOverwritten},
	"0B-02 members":         {5, 5, whyReused},
	"0D-04 users":           {8, 2, whyPart},
	"0E-02 longTable":       {15, 3, whyPart},
	"11-04_antifor users":   {0, 10, whyRoot},
	"11-05_antifor members": {7, 10, whyRoot},
	"12-02_antifor members": {197, 0, whyChild},
	"12-02_antifor users":   {195, 308, whyChild},
	"12-03_antifor members": {85, 0, whyChild},
	"12-03_antifor users":   {85, 615, whyChild},
	"14-01_antifor members": {0, 10, whyCells},
	"14-01_antifor users":   {0, 10, whyCells},
	"14-02_antifor members": {9, 1, whyCells},
	"14-02_antifor users":   {9, 1, whyCells},
	"14-03_antifor members": {0, 10, whyCells},
	"14-03_antifor users":   {0, 10, whyCells},
	"14-04_antifor members": {9, 1, whyCells},
	"14-04_antifor users":   {9, 1, whyCells},
	"14-06_antifor members": {9, 1, whyCells},
	"14-06_antifor users":   {9, 1, whyCells},
	"14-07_antifor members": {0, 10, whyCells},
	"14-07_antifor users":   {0, 10, whyCells},
	"14-08_antifor members": {9, 1, whyCells},
	"14-08_antifor users":   {9, 1, whyCells},
	"17-02_antifor members": {20, 0, whyZeroed},
	"17-02_antifor users":   {10, 0, whyZeroed},
	"17-03_antifor members": {20, 0, whyZeroed},
	"17-03_antifor users":   {10, 0, whyZeroed},
	"17-04_antifor members": {20, 0, whyZeroed},
	"17-04_antifor users":   {10, 0, whyZeroed},
	"17-05_antifor members": {20, 0, whyZeroed},
	"17-05_antifor users":   {10, 0, whyZeroed},
	"17-08_antifor members": {20, 0, whyZeroed},
	"17-08_antifor users":   {10, 0, whyZeroed},
	"17-09_antifor members": {20, 0, whyZeroed},
	"17-09_antifor users":   {10, 0, whyZeroed},
	"17-10_antifor members": {20, 0, whyZeroed},
	"17-10_antifor users":   {10, 0, whyZeroed},
	"17-12_antifor members": {20, 0, whyZeroed},
	"17-12_antifor users":   {10, 0, whyZeroed},
	"17-13_antifor members": {20, 0, whyZeroed},
	"17-13_antifor users":   {10, 0, whyZeroed},
	"18-01_antifor users":   {13, 0, whyZeroed},
	"18-02_antifor users":   {10, 0, whyZeroed},
	"18-03_antifor users":   {10, 0, whyZeroed},
	"19-02_antifor members": {160, 0, whyCut},
	"19-03_antifor members": {0, 0, whyCut},
}
