// Package pages makes the HTML that people read: the documentation of the API out
// of its own OpenAPI document, and a page for each kind of problem. The pages load
// nothing and run nothing.
package pages

import (
	"bytes"
	"crypto/sha256"
	_ "embed" // for the templates and the style
	"encoding/base64"
	"html/template"
	"net/http"

	"dpp/internal/problem"
)

//go:embed style.css
var style string

//go:embed pages.html
var source string

// SecurityPolicy is the Content-Security-Policy that the pages need: their own
// style, by its hash, and nothing else.
func SecurityPolicy() string { return securityPolicy }

var securityPolicy = "default-src 'none'; style-src 'sha256-" + styleHash() + "'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

func styleHash() string {
	sum := sha256.Sum256([]byte(style))
	return base64.StdEncoding.EncodeToString(sum[:])
}

var templates = template.Must(template.New("pages").Funcs(template.FuncMap{
	"style":      func() template.CSS { return template.CSS(style) }, //nolint:gosec // our own file
	"statusText": http.StatusText,
}).Parse(source))

func render(name string, data any) ([]byte, error) {
	var out bytes.Buffer
	if err := templates.ExecuteTemplate(&out, name, data); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// Problems is the index of all problems.
func Problems(entries []problem.Entry) ([]byte, error) { return render("problems", entries) }

// Problem explains one problem.
func Problem(entry problem.Entry) ([]byte, error) { return render("problem", entry) }
