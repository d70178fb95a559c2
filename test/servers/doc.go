// Package servers starts real servers for tests, on 127.0.0.1 and with data of
// their own: PostgreSQL, PgBouncer, Redis, an S3 store and an SQS queue. A proxy
// cuts and slows connections to them.
//
// Some are shared by all tests of a process, each of which has its own corner
// there; others belong to one test, which may kill and restart them. In whatever
// way the process ends, its servers and their files are gone soon afterwards.
//
// A server that is not installed fails the test with the command that installs it.
package servers
