package evalpack

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"dpp"
	"dpp/internal/inputs"
	"dpp/internal/pack"
)

// door gives rows one after the other. What is wrong with one is in the record; the end
// is io.EOF, and any other error is a [*pack.Failure] about the whole.
type door interface {
	next() (record, error)
	// count is how many rows there are in all. It is asked before next.
	count() int
	// ignored names what rows had and nothing was read from.
	ignored() []string
}

// The formats of files.
const (
	formatAuto  = "auto"
	formatCSV   = "csv"
	formatJSONL = "jsonl"
)

// listDoor gives the rows that stand in the inputs.
type listDoor struct {
	rows []jsontext.Value
	at   int
}

func (d *listDoor) next() (record, error) {
	if d.at >= len(d.rows) {
		return record{}, io.EOF
	}
	r := readLine(d.rows[d.at], columns{}.usual())
	r.index = d.at
	d.at++
	return r, nil
}

func (d *listDoor) count() int { return len(d.rows) }

func (*listDoor) ignored() []string { return nil }

// openFile gives the rows of a file.
func openFile(c *inputs.Content, req *request) (door, error) {
	if wide(c.Bytes) {
		return nil, reject("The file is not UTF-8.", "Save the file as UTF-8 and submit it again.")
	}
	content := bytes.TrimPrefix(c.Bytes, mark)
	if req.formatOf(c) == formatJSONL {
		return &lineDoor{rest: content, names: req.columns().usual()}, nil
	}
	return openTable(content, req, req.comma(c.MediaType))
}

// mark is what some programs begin a text in UTF-8 with.
var mark = []byte("\xef\xbb\xbf")

// wide tells of UTF-16 and UTF-32 by their marks.
func wide(content []byte) bool {
	return bytes.HasPrefix(content, []byte("\xff\xfe")) || bytes.HasPrefix(content, []byte("\xfe\xff"))
}

// formatOf is the format that was named, or else is found by the file's type, then by its
// name, then by how it begins.
func (r *request) formatOf(c *inputs.Content) string {
	if r.Format != "" && r.Format != formatAuto {
		return r.Format
	}
	switch c.MediaType {
	case "text/csv", tabSeparated:
		return formatCSV
	case "application/x-ndjson", "application/json":
		return formatJSONL
	}
	switch strings.ToLower(path.Ext(c.Name)) {
	case ".csv", ".tsv":
		return formatCSV
	case ".jsonl", ".ndjson", ".json":
		return formatJSONL
	}
	if start := bytes.TrimLeft(bytes.TrimPrefix(c.Bytes, mark), " \t\r\n"); bytes.HasPrefix(start, []byte{'{'}) {
		return formatJSONL
	}
	return formatCSV
}

// lineDoor reads JSON Lines: an object on each line; blank lines are none.
type lineDoor struct {
	rest        []byte
	names       columns
	line, index int
}

func (d *lineDoor) next() (record, error) {
	for len(d.rest) > 0 {
		line, rest, _ := bytes.Cut(d.rest, []byte{'\n'})
		d.rest = rest
		d.line++
		if line = bytes.TrimSpace(line); len(line) == 0 {
			continue
		}
		r := readLine(line, d.names)
		r.line, r.index = d.line, d.index
		d.index++
		return r, nil
	}
	return record{}, io.EOF
}

func readLine(line []byte, names columns) (r record) {
	switch {
	case len(line) > maxRowBytes:
		r.fail(rowTooLarge, "The row is larger than a row may be.")
	case !utf8.Valid(line):
		r.fail(rowNotUTF8, "The row is not UTF-8.")
	default:
		return readObject(line, names)
	}
	return r
}

func (d *lineDoor) count() int {
	rows := 0
	for line := range bytes.Lines(d.rest) {
		if len(bytes.TrimSpace(line)) > 0 {
			rows++
		}
	}
	return rows
}

// ignored tells nothing: each line may have other members.
func (*lineDoor) ignored() []string { return nil }

// tableDoor reads CSV (RFC 4180) whose first row names the columns.
type tableDoor struct {
	content []byte
	comma   rune
	reader  *csv.Reader
	header  []string
	names   columns
	asJSON  bool
	index   int
}

func newReader(content []byte, comma rune) *csv.Reader {
	reader := csv.NewReader(bytes.NewReader(content))
	reader.Comma = comma
	reader.FieldsPerRecord = -1 // looked at by whoever reads, so that one bad row is one bad row
	reader.ReuseRecord = true
	return reader
}

func openTable(content []byte, req *request, comma rune) (door, error) {
	d := &tableDoor{content: content, comma: comma, reader: newReader(content, comma), asJSON: req.CellValues == cellsJSON}
	cells, err := d.reader.Read()
	header := slices.Clone(cells)
	if err != nil {
		return nil, reject("The file has no header: its first row must name the columns.", "Begin the file with a row of column names, such as id,prediction,reference.")
	}
	for i, name := range header {
		header[i] = strings.TrimSpace(name)
	}
	if err := checkHeader(header, req); err != nil {
		return nil, err
	}
	d.header, d.names = header, req.columns().ofTable(header)
	return d, nil
}

func checkHeader(header []string, req *request) error {
	seen := make(map[string]bool, len(header))
	for _, name := range header {
		switch {
		case !utf8.ValidString(name):
			return reject("The header of the file is not UTF-8.", "Save the file as UTF-8 and submit it again.")
		case name != "" && seen[name]:
			return reject("Two columns of the file have the same name.", "Give each column a name of its own.")
		}
		seen[name] = true
	}
	if len(header) > maxColumns {
		return reject("The file has too many columns.", "Leave out columns that nothing is read from.")
	}
	if fields := req.columns().missing(header); len(fields) > 0 {
		return reject("The file has no column for "+strings.Join(fields, ", ")+".",
			"Name the columns as they are in the file's header by columns."+fields[0]+", or rename them; delimiter says what separates them.")
	}
	return nil
}

func (d *tableDoor) next() (record, error) {
	cells, err := d.reader.Read()
	if errors.Is(err, io.EOF) {
		return record{}, io.EOF
	}
	r := d.read(cells, err)
	r.index = d.index
	d.index++
	r.line = d.lineOf(err)
	return r, nil
}

func (d *tableDoor) read(cells []string, err error) (r record) {
	size, valid := 0, true
	for _, cell := range cells {
		size += len(cell)
		valid = valid && utf8.ValidString(cell)
	}
	switch {
	case err != nil:
		r.fail(rowBadQuotes, "The row's quotes are not those of CSV (RFC 4180).")
	case size > maxRowBytes:
		r.fail(rowTooLarge, "The row is larger than a row may be.")
	case len(cells) != len(d.header):
		r.fail(rowColumns, "The row has another number of cells than the header.")
	case !valid:
		r.fail(rowNotUTF8, "The row is not UTF-8.")
	default:
		return fromCells(cells, d.header, d.names, d.asJSON)
	}
	return r
}

// lineOf is the line on which the row begins that was just read.
func (d *tableDoor) lineOf(err error) int {
	var syntax *csv.ParseError
	if errors.As(err, &syntax) {
		return syntax.StartLine
	}
	line, _ := d.reader.FieldPos(0) // a row that was read has a cell
	return line
}

func (d *tableDoor) count() int {
	rows := 0
	for counter := newReader(d.content, d.comma); ; rows++ {
		if _, err := counter.Read(); errors.Is(err, io.EOF) {
			return max(rows-1, 0) // one of them is the header
		}
	}
}

func (d *tableDoor) ignored() []string { return d.names.unused(d.header) }

func reject(detail, hint string) *pack.Failure {
	return &pack.Failure{Reason: dpp.ReasonInputRejected, Detail: detail, Hint: hint}
}
