// Command rename changes the path of the project's module everywhere it stands:
// in both go.mod files, in import declarations, and in the linters' configuration.
//
// Usage, from the project's root: go run ./scripts/rename example.com/dpp
package main

import (
	"context"
	"fmt"
	"os"
)

func main() {
	if len(os.Args) != 2 || os.Args[1] == "" {
		fmt.Fprintln(os.Stderr, "usage: make rename MODULE=example.com/dpp")
		os.Exit(2)
	}
	count, err := rename(context.Background(), ".", os.Args[1]) // a terminal's interrupt ends the go command too
	if err != nil {
		fmt.Fprintln(os.Stderr, "rename:", err)
		os.Exit(1)
	}
	fmt.Printf("the module is now %s; %d files changed\n", os.Args[1], count)
}
