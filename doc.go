// Package dpp is the domain of the Decision Pack Platform: money, identifiers,
// runs and their states, reasons, API keys, and the documents that callers see.
// It is pure: it does no input or output and knows no other package of the
// project.
package dpp
