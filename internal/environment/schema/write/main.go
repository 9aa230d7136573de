// Command write writes the JSON Schema of environment files to the file it is given; `go generate ./environments` runs it.
package main

import (
	"fmt"
	"os"

	"github.com/acso/disaster-recovery/internal/environment/schema"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: write FILE (in the folder environments)")
		os.Exit(2)
	}
	text, err := schema.Generate("../internal/environment")
	if err == nil {
		err = os.WriteFile(os.Args[1], text, 0o644) // #nosec G306 G703 -- a file of the repository, which the caller names
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
