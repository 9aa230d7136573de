package backup

// PartSizeOf is the part size of an object with a smallest one.
func PartSizeOf(size, least int64) int64 {
	return (&run{options: Options{PartSize: least}}).partSize(size)
}
