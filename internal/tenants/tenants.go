// Package tenants holds an operator's use cases: customers, their keys, and what
// they paid in. It knows no face; the command line calls it beside a running
// server, whose caches follow within seconds.
package tenants

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"dpp"
	"dpp/internal/store"
)

// Store is what the use cases need of a store.
type Store interface {
	store.Tenants
	store.Books
}

// Service is the use cases over one store. Its methods are safe for concurrent
// use. They return a [*Refusal] where the operator asked for what cannot be, and
// the store's errors otherwise.
type Service struct{ store Store }

// New returns a Service that works; the store stays the caller's.
func New(s Store) *Service { return &Service{store: s} }

// Refusal is something that was not done, and left nothing behind.
type Refusal struct {
	Reason dpp.Reason
	// Detail names what is wrong and repeats nothing of it.
	Detail string
}

func (r *Refusal) Error() string { return fmt.Sprintf("%s: %s", r.Reason, r.Detail) }

var (
	errNoTenant = &Refusal{dpp.ReasonNotFound, "there is no such tenant"}
	errNoKey    = &Refusal{dpp.ReasonNotFound, "there is no such key, or it is revoked"}
)

// MaxName is how long names and references may be, in characters.
const MaxName = 100

// Create makes a tenant with nothing on its account.
func (s *Service) Create(ctx context.Context, name string) (dpp.Tenant, error) {
	if err := checkName("name", name); err != nil {
		return dpp.Tenant{}, err
	}
	tenant := dpp.Tenant{ID: dpp.NewTenantID(), Name: name}
	err := settled(func() error { return s.store.CreateTenant(ctx, tenant) })
	return tenant, err
}

// List returns every tenant, oldest first.
func (s *Service) List(ctx context.Context) ([]dpp.Tenant, error) { return s.store.ListTenants(ctx) }

// Suspend stops a tenant from submitting. What runs goes on.
func (s *Service) Suspend(ctx context.Context, tenant dpp.TenantID) error {
	return s.setSuspended(ctx, tenant, true)
}

// Resume lets a suspended tenant submit again.
func (s *Service) Resume(ctx context.Context, tenant dpp.TenantID) error {
	return s.setSuspended(ctx, tenant, false)
}

func (s *Service) setSuspended(ctx context.Context, tenant dpp.TenantID, suspended bool) error {
	err := settled(func() error { return s.store.SetSuspended(ctx, tenant, suspended) })
	return notFound(err, errNoTenant)
}

// checkName holds names to what can be printed in one line and seen.
func checkName(what, name string) error {
	switch {
	case name == "":
		return &Refusal{dpp.ReasonValidationFailed, "the " + what + " is empty"}
	case !utf8.ValidString(name) || utf8.RuneCountInString(name) > MaxName:
		return &Refusal{dpp.ReasonValidationFailed, fmt.Sprintf("the %s is longer than %d characters, or no UTF-8", what, MaxName)}
	case name[0] == ' ' || name[len(name)-1] == ' ':
		return &Refusal{dpp.ReasonValidationFailed, "the " + what + " begins or ends with a space"}
	case strings.ContainsFunc(name, func(r rune) bool { return !unicode.IsPrint(r) }):
		return &Refusal{dpp.ReasonValidationFailed, "the " + what + " has characters that cannot be printed"}
	}
	return nil
}

func notFound(err error, refusal *Refusal) error {
	if errors.Is(err, store.ErrNotFound) {
		return refusal
	}
	return err
}

// settled repeats a write whose fate is unknown a few times: identities are made
// before it, so that a repeat changes nothing that has happened.
func settled(write func() error) error {
	const tries = 3
	var err error
	for range tries {
		if err = write(); !errors.Is(err, store.ErrInDoubt) {
			break
		}
	}
	return err
}
