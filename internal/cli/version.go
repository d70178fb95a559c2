package cli

import (
	"fmt"
	"io"
)

type versionCmd struct{}

// Run is part of the command line.
func (c *versionCmd) Run(s *session) error {
	v := s.platform.Version()
	return s.print(v, func(w io.Writer) { row(w, fmt.Sprintf("dpp %s (commit %s, %s)", v.Version, v.Commit, v.Go)) })
}
