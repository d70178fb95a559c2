package tesseract

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"dpp/internal/document/picture"
)

// Program is the engine that is installed on this machine as tesseract, version 5. It
// can be handed to another process.
type Program struct {
	Path string `json:"path"` // absolute
	// Data is where its languages are, if it was told so by TESSDATA_PREFIX.
	Data      string   `json:"data"`
	Installed []string `json:"installed"` // languages, sorted
}

// ErrNoProgram: there is no tesseract 5 with a language.
var ErrNoProgram = errors.New("tesseract: there is no program tesseract 5 on the PATH, or it has no language")

const (
	programName = "tesseract"
	// asking bounds how long the program may take to say what it is.
	asking = 10 * time.Second
	// osd is the model of orientations, which is listed as a language.
	osd = "osd"
)

var fifth = regexp.MustCompile(`(?m)^tesseract v?5\.`)

// FindProgram looks for the program on the PATH, and asks it what it is. The error is
// [ErrNoProgram] or the context's.
func FindProgram(ctx context.Context) (*Program, error) {
	path, err := exec.LookPath(programName)
	if err == nil {
		path, err = filepath.Abs(path)
	}
	if err != nil {
		return nil, ErrNoProgram
	}
	p := &Program{Path: path, Data: os.Getenv("TESSDATA_PREFIX")}
	ctx, cancel := context.WithTimeout(ctx, asking)
	defer cancel()
	version, err := p.run(ctx, nil, "--version")
	if err != nil || !fifth.Match(version) {
		return nil, errors.Join(ErrNoProgram, ctx.Err())
	}
	listed, err := p.run(ctx, nil, "--list-langs")
	if err != nil {
		return nil, errors.Join(ErrNoProgram, ctx.Err())
	}
	if p.Installed = languagesIn(string(listed)); len(p.Languages()) == 0 {
		return nil, ErrNoProgram
	}
	return p, nil
}

// languagesIn reads a list of languages, whose first line says where they are.
func languagesIn(listed string) []string {
	var all []string
	for line := range strings.Lines(listed) {
		if name := strings.TrimSpace(line); language.MatchString(name) {
			all = append(all, name)
		}
	}
	slices.Sort(all)
	return all
}

// Languages are those installed.
func (p *Program) Languages() []string {
	return slices.DeleteFunc(slices.Clone(p.Installed), func(name string) bool { return name == osd })
}

// Readable are the files and folders that must be readable for the program to run: its
// own, its languages', and the libraries of the system.
func (p *Program) Readable() []string {
	all := []string{"/usr", "/lib", "/lib64", "/etc/ld.so.cache", filepath.Dir(p.Path)}
	if target, err := filepath.EvalSymlinks(p.Path); err == nil {
		all = append(all, filepath.Dir(target))
	}
	if p.Data != "" {
		all = append(all, p.Data)
	}
	return all
}

// Open does nothing yet: each picture has a process of its own.
func (p *Program) Open(languages []string) (Reader, error) {
	names, err := list(languages, p.Languages())
	if err != nil {
		return nil, err
	}
	return &programReader{program: p, languages: names}, nil
}

type programReader struct {
	program   *Program
	languages string
}

func (r *programReader) Close() error { return nil }

// Read has the program read a picture, until it is done or ctx ends.
func (r *programReader) Read(ctx context.Context, g *picture.Gray, seg Segmentation) (*Page, error) {
	answer, err := r.program.show(ctx, g, int(seg), r.languages,
		"-c", spacesVariable+"="+spacesValue, "-c", "tessedit_create_tsv=1", "-c", "tessedit_create_txt=1")
	if err != nil {
		return nil, err
	}
	table, text := divide(answer)
	return parse(table, text, g)
}

// divide tells the table from the text behind it, in which there are no tabs.
func divide(answer string) (table, text string) {
	end := 0
	for row := range strings.Lines(answer) {
		if strings.Count(row, "\t") < columns-1 {
			break
		}
		end += len(row)
	}
	return answer[:end], answer[end:]
}

// HasOrientation tells whether [Program.Orientation] can be asked.
func (p *Program) HasOrientation() bool { return slices.Contains(p.Installed, osd) }

var (
	rotateLine     = regexp.MustCompile(`(?m)^Rotate: (0|90|180|270)\s*$`)
	confidenceLine = regexp.MustCompile(`(?m)^Orientation confidence: (\d{1,6}(?:\.\d{1,6})?)\s*$`)
)

// Orientation returns by how many degrees, clockwise, a picture must be turned for its
// text to stand upright, and how sure that is: above 2 it is mostly right, and there is
// no upper end. The error is as that of Read; a picture with little text is [ErrFailed].
func (p *Program) Orientation(ctx context.Context, g *picture.Gray) (degrees int, certainty float64, err error) {
	const only = 0
	answer, err := p.show(ctx, g, only, osd)
	if err != nil {
		return 0, 0, err
	}
	rotate, confidence := rotateLine.FindStringSubmatch(answer), confidenceLine.FindStringSubmatch(answer)
	if rotate == nil || confidence == nil {
		return 0, 0, fmt.Errorf("%w: it says nothing of the orientation", ErrFailed)
	}
	degrees, err = strconv.Atoi(rotate[1])
	if err != nil {
		return 0, 0, err
	}
	certainty, err = strconv.ParseFloat(confidence[1], 64)
	return degrees, certainty, err
}

// show runs the program on a picture, and returns what it writes.
func (p *Program) show(ctx context.Context, g *picture.Gray, mode int, languages string, more ...string) (string, error) {
	if err := g.Check(); err != nil {
		return "", err
	}
	args := append([]string{
		"stdin", "stdout", "--psm", strconv.Itoa(mode), "--dpi", strconv.Itoa(dpi(g)), "-l", languages,
	}, more...)
	answer, err := p.run(ctx, pgm(g), args...)
	return string(answer), err
}

// pgm is the picture in a form that needs no library to be read.
func pgm(g *picture.Gray) io.Reader {
	return io.MultiReader(strings.NewReader(fmt.Sprintf("P5\n%d %d\n255\n", g.Width, g.Height)), bytes.NewReader(g.Pix))
}

// run starts the program with an environment of its own, and waits for its end. It is
// killed when ctx ends, when it writes without end, and on Linux with this process.
// What it says of errors is about the picture, and nobody's.
func (p *Program) run(ctx context.Context, in io.Reader, args ...string) ([]byte, error) {
	// On Linux it is the thread that starts a process whose death ends it.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	out := &bounded{left: 2 * maxTable, full: cancel}
	cmd := exec.CommandContext(ctx, p.Path, args...) //nolint:gosec // what FindProgram found, with arguments of our own
	cmd.Stdin, cmd.Stdout, cmd.Dir, cmd.WaitDelay = in, out, "/", time.Second
	cmd.Stderr = io.Discard                              // which needs no file, as nothing would
	cmd.Env = []string{"LC_ALL=C", "OMP_THREAD_LIMIT=1"} // one picture, one processor
	if p.Data != "" {
		cmd.Env = append(cmd.Env, "TESSDATA_PREFIX="+p.Data)
	}
	cmd.SysProcAttr = attributes()
	err := cmd.Start()
	if err == nil {
		limit(cmd.Process.Pid)
		err = cmd.Wait()
	}
	switch {
	case err == nil:
		return out.kept.Bytes(), nil
	case out.left < 0:
		return nil, fmt.Errorf("%w: it writes without end", ErrFailed)
	case ctx.Err() != nil:
		return nil, fmt.Errorf("tesseract: %w", context.Cause(ctx))
	default:
		return nil, fmt.Errorf("%w: it ended with an error", ErrFailed)
	}
}

// bounded keeps what is written, and calls full when that is too much. It is no buffer
// itself, as that could be filled by other ways.
type bounded struct {
	kept bytes.Buffer
	left int
	full func()
}

func (b *bounded) Write(piece []byte) (int, error) {
	if b.left -= len(piece); b.left < 0 {
		b.full()
		return 0, io.ErrShortWrite
	}
	return b.kept.Write(piece)
}
