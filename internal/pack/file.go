package pack

// FileDef is the name under which a schema of inputs defines the form of an input
// file, and FileRef how it refers to it. Where a schema has that reference, and only
// there, inputs have a file: so programs know it, too. No schema allows a text at such
// a place.
const (
	FileDef = "input_file"
	FileRef = "#/$defs/" + FileDef
)
