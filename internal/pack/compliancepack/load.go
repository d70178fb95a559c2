package compliancepack

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html/charset"
	"golang.org/x/text/encoding"

	"dpp"
	"dpp/internal/document"
	"dpp/internal/document/layer"
	"dpp/internal/document/picture"
	"dpp/internal/inputs"
	"dpp/internal/pack"
)

// Notes on documents that were read in part, or not surely.
const (
	noteCharset  = "CHARACTER_SET_GUESSED"
	noteDamaged  = "CHARACTERS_UNREADABLE"
	noteOCR      = "READ_BY_OCR"
	notePages    = "PAGES_NOT_READ"
	noteScanCut  = "NOT_LOOKED_AT_TO_THE_END"
	noteName     = "NAME_MASKED"
	noteListed   = "FINDINGS_NOT_ALL_LISTED"
	noteNoCopy   = "NO_REDACTED_COPY"
	resolutionPP = 300
)

// Reasons for which a document is not looked at.
const (
	reasonTooLarge   = "DOCUMENT_TOO_LARGE"
	reasonFile       = "FILE_NOT_USABLE"
	reasonEncrypted  = "DOCUMENT_ENCRYPTED"
	reasonUnreadable = "DOCUMENT_UNREADABLE"
	reasonDemanding  = "DOCUMENT_DEMANDING"
	reasonNoReader   = "NO_READER"
)

// content is a document as text.
type content struct {
	text      string
	mediaType string // of what was read
	format    format
	paged     bool
	pages     int
	// read is the share of the document that was read, from 0 to 1, and sure how well.
	read, sure float64
	notes      []string
	// holds are for pages that OCR read.
	holds []*pack.Hold
}

// unread is why a document is not looked at.
type unread struct{ reason, detail string }

func (u *unread) Error() string { return u.reason + ": " + u.detail }

// accepted are the types of files that are read.
func accepted() []string {
	return []string{typeText, typePDF, "image/png", "image/jpeg", "image/tiff", "image/webp"}
}

// load gives the text of a document. The error is an [*unread], one of the meter's or the
// context's, or the platform's.
func (r *run) load(ctx context.Context, files *inputs.Files, i, file int) (*content, error) {
	d := &r.request.Documents[i]
	if d.Text != nil {
		return fromText(*d.Text, d.Name, d.MediaType, "")
	}
	loaded, err := files.Load(ctx, file)
	var refused *pack.Failure
	switch {
	case errors.As(err, &refused) && !refused.Retryable:
		return nil, &unread{reasonFile, refused.Detail}
	case err != nil:
		return nil, err
	}
	name := d.Name
	if name == "" {
		name = loaded.Name
		d.Name = name
	}
	switch {
	case loaded.MediaType == typePDF:
		return r.pdf(ctx, loaded.Bytes)
	case strings.HasPrefix(loaded.MediaType, "image/") && loaded.MediaType != "image/svg+xml":
		return r.picture(ctx, loaded.Bytes, loaded.MediaType)
	case len(loaded.Bytes) > maxTextBytes:
		return nil, tooLarge()
	}
	text, notes := decode(loaded.Bytes, loaded.MediaType)
	declared := d.MediaType
	if declared == "" {
		declared = d.File.MediaType
	}
	c, err := fromText(text, name, declared, loaded.MediaType)
	if err == nil {
		c.notes = notes
		for range notes {
			c.sure *= 0.9
		}
	}
	return c, err
}

func tooLarge() *unread {
	return &unread{reasonTooLarge, fmt.Sprintf("The text has more than %d bytes.", maxTextBytes)}
}

// fromText is a text of the type that somebody declared, or else was found.
func fromText(text, name, declared, found string) (*content, error) {
	if len(text) > maxTextBytes {
		return nil, tooLarge()
	}
	mediaType := declared
	if formatOf(mediaType) == formatText && found != "" && formatOf(found) != formatText {
		mediaType = found
	}
	if mediaType == "" || formatOf(mediaType) == formatText && declared != typeText {
		mediaType = guess(name, text)
	}
	return &content{text: strings.ToValidUTF8(text, "\uFFFD"), mediaType: mediaType, format: formatOf(mediaType), read: 1, sure: 1}, nil
}

// decode reads bytes in the character set that they declare, or else the likeliest one.
func decode(content []byte, mediaType string) (text string, notes []string) {
	found, name, certain := charset.DetermineEncoding(content, mediaType)
	if !certain && utf8.Valid(content) {
		found, name = encoding.Nop, "utf-8"
	}
	raw := content
	if name != "utf-8" {
		if converted, err := found.NewDecoder().Bytes(content); err == nil {
			raw = converted
		}
		if !certain {
			notes = append(notes, noteCharset)
		}
	}
	text = strings.TrimPrefix(strings.ToValidUTF8(string(raw), "\uFFFD"), "\uFEFF")
	if strings.ContainsRune(text, '\uFFFD') {
		notes = append(notes, noteDamaged)
	}
	return text, notes
}

// pdf reads the text layers of a PDF document, and by OCR what has none.
func (r *run) pdf(ctx context.Context, bytes []byte) (*content, error) {
	if r.pack.reader == nil {
		return nil, &unread{reasonNoReader, "This platform reads no PDF documents."}
	}
	layers, err := r.pack.reader.Layers(ctx, bytes, document.LayerOptions{Chars: document.MaxChars})
	if err != nil {
		return nil, meaning(ctx, err)
	}
	c := &content{mediaType: typePDF, paged: true, pages: layers.PageCount, sure: 1}
	var texts []string
	read := 0
	for i := range layers.Pages {
		page := &layers.Pages[i]
		switch {
		case page.Blank || page.Judgement.Verdict == layer.Good:
			texts = append(texts, page.Text)
			read++
		case page.TooLarge || page.Unreadable:
			texts = append(texts, "")
		default:
			text, ok, err := r.ocr(ctx, c, func(how document.OCR) (*document.Reading, error) {
				drawn, err := r.pack.reader.Render(ctx, bytes, page.Number, resolutionPP)
				if err != nil {
					return nil, err
				}
				return r.pack.reader.Picture(ctx, drawn, how)
			})
			if err != nil {
				c.release()
				return nil, err
			}
			if ok {
				read++
			} else {
				text = page.Text // doubtful, and better than nothing
			}
			texts = append(texts, text)
		}
	}
	return c.whole(texts, read)
}

// picture reads the pages of an image file.
func (r *run) picture(ctx context.Context, bytes []byte, mediaType string) (*content, error) {
	if r.pack.reader == nil || r.pack.opts.Engine == nil {
		return nil, &unread{reasonNoReader, "This platform reads no pictures."}
	}
	pages, err := r.pack.reader.ImagePages(ctx, bytes)
	if err != nil {
		return nil, meaning(ctx, err)
	}
	c := &content{mediaType: mediaType, paged: true, pages: pages, sure: 1}
	var texts []string
	read := 0
	for page := 1; page <= pages; page++ {
		text, ok, err := r.ocr(ctx, c, func(how document.OCR) (*document.Reading, error) {
			return r.pack.reader.Image(ctx, bytes, page, how)
		})
		if err != nil {
			c.release()
			return nil, err
		}
		if ok {
			read++
		}
		texts = append(texts, text)
	}
	return c.whole(texts, read)
}

// whole puts pages together.
func (c *content) whole(texts []string, read int) (*content, error) {
	c.pages = max(c.pages, len(texts))
	if read < c.pages {
		c.notes = append(c.notes, notePages)
	}
	if read == 0 {
		c.release()
		return nil, &unread{reasonUnreadable, "No page of the document could be read."}
	}
	c.read = float64(read) / float64(c.pages)
	c.text = strings.Join(texts, "\f")
	if len(c.text) > maxTextBytes {
		c.release()
		return nil, tooLarge()
	}
	return c, nil
}

// ocr reads one page, for which room is held. Not ok: it cannot be read.
func (r *run) ocr(ctx context.Context, c *content, read func(document.OCR) (*document.Reading, error)) (text string, ok bool, err error) {
	engine := r.pack.opts.Engine
	if engine == nil {
		return "", false, nil
	}
	hold, err := r.meter.Reserve(pack.Quantity{Unit: unitOCR, Quantity: 1})
	if err != nil {
		return "", false, err
	}
	reading, err := read(document.OCR{Program: engine.Program, Languages: engine.Languages})
	if err != nil {
		hold.Release()
		var bad *unread
		if err = meaning(ctx, err); errors.As(err, &bad) {
			err = nil
		}
		return "", false, err
	}
	c.holds = append(c.holds, hold)
	words, sum := reading.Page.Words(), 0.0
	for _, word := range words {
		sum += word.Confidence
	}
	if len(words) > 0 {
		c.sure = min(c.sure, sum/float64(len(words)))
	}
	if len(c.holds) == 1 {
		c.notes = append(c.notes, noteOCR)
	}
	return strings.ReplaceAll(reading.Page.Text(), "\f", "\n"), true, nil
}

// release gives back what was held for pages.
func (c *content) release() {
	for _, hold := range c.holds {
		hold.Release()
	}
}

// meaning tells what is the document's fault from what is not.
func meaning(ctx context.Context, err error) error {
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(err, document.ErrEncrypted):
		return &unread{reasonEncrypted, "The document does not open without a password."}
	case errors.Is(err, document.ErrTooLarge):
		return &unread{reasonTooLarge, "The document is too large to be read."}
	case errors.Is(err, document.ErrDemanding):
		return &unread{reasonDemanding, "Reading the document takes too much time or memory."}
	case errors.Is(err, document.ErrDamaged), errors.Is(err, picture.ErrFormat), errors.Is(err, picture.ErrDamaged), errors.Is(err, picture.ErrTooLarge):
		return &unread{reasonUnreadable, "The document is damaged."}
	}
	return err
}

// failureOf is how a run ends none of whose documents could be read.
func failureOf(discarded []pack.Discard) error {
	return &pack.Failure{
		Reason: dpp.ReasonInputRejected, Detail: "None of the documents could be read: " + discarded[0].Reason + ".",
		Hint: "Send documents that are text, JSON, YAML, HTML, or PDF that opens without a password.", Discarded: discarded,
	}
}
