package servers

// PID is the number of the server's process, another one after each start. The
// processes that it starts itself are its children.
func (s *Server) PID() int { return s.process.cmd.Process.Pid }
