// Package delivery holds what is handed to operators to its word: the image's
// recipe, the compose file, the systemd units, docs/deploy.md, and the alert rules and
// the dashboard in ops. No container engine
// and no running systemd are needed: what they would start is started here, the real
// binary with the files' own commands and environments, against real servers.
package delivery
