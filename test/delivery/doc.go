// Package delivery holds what is handed to operators to its word: the image's
// recipe, the compose file, the systemd units and docs/deploy.md. No container engine
// and no running systemd are needed: what they would start is started here, the real
// binary with the files' own commands and environments, against real servers.
package delivery
