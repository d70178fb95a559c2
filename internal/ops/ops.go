// Package ops holds what an operator is told about an installation: the answers of
// audit, doctor, migrate and version. The command line prints them, the
// composition root finds them out, and neither knows the other.
package ops

import "time"

// AuditSummary is what an audit went over.
type AuditSummary struct {
	Accounts int64 `json:"accounts"`
	Entries  int64 `json:"entries"`
	Runs     int64 `json:"runs"`
	Objects  int64 `json:"objects"`
	// Discrepancies is how many were reported.
	Discrepancies int `json:"-"`
}

// MigrationState is one step of the schema.
type MigrationState struct {
	Version   int64
	Name      string
	Applied   bool
	AppliedAt time.Time // zero unless Applied
}

// Finding is one thing that was checked.
type Finding struct {
	Name   string `json:"name"`
	OK     bool   `json:"ok"`
	Detail string `json:"detail"`
	// Remedy says what to do; empty where OK.
	Remedy string `json:"remedy,omitempty"`
}

// Version is which build this is.
type Version struct {
	Version string `json:"version"`
	Commit  string `json:"commit"`
	Go      string `json:"go"`
}
