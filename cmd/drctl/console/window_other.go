//go:build !unix

package console

import "os"

// windowWidth is not known here; COLUMNS can say it.
func windowWidth(*os.File) int { return 0 }
