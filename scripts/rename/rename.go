package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"go/format"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

const lintConfig = ".golangci.yml"

// moduleFolders hold a go.mod each; the folder's name follows the module's path.
var moduleFolders = []string{".", "tools"}

// rename gives the module below root another path and returns how many files it
// changed. It reads and checks everything before it writes anything.
func rename(ctx context.Context, root, to string) (int, error) {
	from, err := goCommand(ctx, root, "list", "-m")
	if err != nil {
		return 0, err
	}
	edits, err := planned(root, from, to)
	if err != nil {
		return 0, err
	}
	// The go command refuses a path that no module may have, so it goes first.
	for _, dir := range moduleFolders {
		if _, err := goCommand(ctx, filepath.Join(root, dir), "mod", "edit", "-module="+strings.TrimSuffix(to+"/"+dir, "/.")); err != nil {
			return 0, err
		}
	}
	for _, e := range edits {
		if err := os.WriteFile(e.name, e.content, 0o600); err != nil { // the mode of an existing file stays
			return 0, err
		}
	}
	return len(edits) + len(moduleFolders), nil
}

func goCommand(ctx context.Context, dir string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir, cmd.Stderr = dir, os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("go %s: %w", strings.Join(args, " "), err)
	}
	return strings.TrimSpace(string(out)), nil
}

// edit is the new content of a file.
type edit struct {
	name    string
	content []byte
}

// planned lists the files, apart from go.mod, that name the module.
func planned(root, from, to string) ([]edit, error) {
	var edits []edit
	err := filepath.WalkDir(root, func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && slices.Contains([]string{".git", "bin", "testdata"}, entry.Name()):
			return fs.SkipDir
		case entry.IsDir() || filepath.Ext(name) != ".go" && entry.Name() != lintConfig:
			return nil
		}
		old, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		changed, err := renamed(name, old, from, to)
		if err != nil {
			return err
		}
		if !bytes.Equal(old, changed) {
			edits = append(edits, edit{name, changed})
		}
		return nil
	})
	return edits, err
}

func renamed(name string, content []byte, from, to string) ([]byte, error) {
	if filepath.Base(name) == lintConfig {
		return bytes.ReplaceAll(content, []byte("module-path: "+from), []byte("module-path: "+to)), nil
	}
	return renameImports(name, content, from, to)
}

// renameImports changes import declarations only: the same word in a string may
// be the name of something stored.
func renameImports(name string, content []byte, from, to string) ([]byte, error) {
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, name, content, parser.ImportsOnly)
	if err != nil {
		return nil, err
	}
	out := bytes.Clone(content)
	for _, spec := range slices.Backward(file.Imports) {
		imported, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return nil, errors.Join(fmt.Errorf("%s: an import that is no string", name), err)
		}
		if rest, ok := strings.CutPrefix(imported, from); ok && (rest == "" || rest[0] == '/') {
			at, end := files.Position(spec.Path.Pos()).Offset, files.Position(spec.Path.End()).Offset
			out = slices.Concat(out[:at], []byte(strconv.Quote(to+rest)), out[end:])
		}
	}
	if bytes.Equal(out, content) {
		return content, nil
	}
	return format.Source(out) // the imports' order may have changed
}
