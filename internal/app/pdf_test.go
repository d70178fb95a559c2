package app_test

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"

	"dpp"
	"dpp/client"
	"dpp/internal/cli"
	"dpp/internal/document/pdftest"
)

// onePage is a PDF document with a line of text.
func onePage(text string) []byte {
	return pdftest.File("",
		"<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Kids[3 0 R]/Count 1>>",
		"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
		pdftest.Stream("", "BT /F1 24 Tf 72 700 Td ("+text+") Tj ET"), "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>")
}

// A document that a URL leads to is read by a child of the server.
func TestAPDFBehindAURLIsRead(t *testing.T) {
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/pdf")
		_, _ = w.Write(onePage("High water at noon"))
	}))
	defer site.Close()
	cfg := settings(t, "url-allow-cidrs", "127.0.0.0/8")
	server := start(t, cfg)
	defer func() {
		if err := server.Stop(); err != nil {
			t.Error(err)
		}
	}()
	var out, messages bytes.Buffer
	code := cli.Main(t.Context(), cli.Platform{}, []string{
		"run", "submit", "--data", cfg.Data, "--pack", "url", "--max-cost", "0.1", "--wait", "--json",
		"--inputs", `{"urls":["` + site.URL + `"],"allow_http":true,"formats":["text"]}`,
	}, cli.Streams{In: strings.NewReader(""), Out: &out, Err: &messages})
	var run dpp.RunView
	if err := json.Unmarshal(out.Bytes(), &run); err != nil || code != 0 {
		t.Fatalf("exit %d: %s%s", code, out.String(), messages.String())
	}
	c := client.Client{URL: "http://" + server.Address(), Key: keyIn(t, cfg.DevKeyPath())}
	stored, err := c.Result(t.Context(), run.ID)
	if err != nil {
		t.Fatal(err)
	}
	if envelope := string(stored); !strings.Contains(envelope, `"text":"High water at noon"`) || !strings.Contains(envelope, `"found_by":"document"`) {
		t.Errorf("%s", envelope)
	}
}
