package blobtest

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"dpp/internal/blob"
)

// The sizes at which an adapter may change its ways.
var sizes = []int{0, 1, 64 << 10, 64<<10 + 1, 5 << 20}

func testPut(t *testing.T, h Harness) {
	for _, size := range sizes {
		name := fmt.Sprintf("%d bytes", size)
		t.Run("an object of "+name, func(t *testing.T) {
			s := h.open(t)
			o := object("a/b/pack_envelope.json", size)
			mustPut(t, s, o)
			wantStored(t, s, o)
		})
		t.Run("a taken key is not overwritten by "+name, func(t *testing.T) { testTakenKey(t, h.open(t), size) })
	}
	for _, size := range sizes[:4] {
		t.Run(fmt.Sprintf("of concurrent puts one wins, of %d bytes", size), func(t *testing.T) { testConcurrentPut(t, h.open(t), size) })
	}
	t.Run("a batch", func(t *testing.T) { testBatch(t, h.open(t)) })
	t.Run("a batch that holds a key twice", func(t *testing.T) { testTwiceInABatch(t, h.open(t)) })
	t.Run("nothing", func(t *testing.T) { put(t, h.open(t)) })
	t.Run("a bad object refuses no other", func(t *testing.T) { testBadObject(t, h.open(t)) })
	t.Run("metadata at its limits", func(t *testing.T) { testMetadataLimits(t, h.open(t)) })
	t.Run("objects outlive the store", func(t *testing.T) { testDurable(t, h) })
}

func testTakenKey(t *testing.T, s blob.Store, size int) {
	first, second := object("a/key", size), object("a/key", size+1)
	second.Metadata = map[string]string{"other": "1"}
	mustPut(t, s, first)
	for _, o := range []blob.Object{second, first} {
		outcome := put(t, s, o)[0]
		if !outcome.Existed || outcome.Err != nil {
			t.Errorf("outcome %+v, want Existed", outcome)
		}
		wantInfo(t, outcome.Existing, first)
	}
	wantStored(t, s, first)
}

func testConcurrentPut(t *testing.T, s blob.Store, size int) {
	const writers = 8
	outcomes := make([]blob.PutOutcome, writers)
	var writing sync.WaitGroup
	for i := range writers {
		writing.Go(func() { outcomes[i] = put(t, s, object("a/key", size+i))[0] })
	}
	writing.Wait()
	winner := -1
	for i, o := range outcomes {
		if !o.Existed && o.Err == nil {
			if winner >= 0 {
				t.Errorf("both %d and %d won", winner, i)
			}
			winner = i
		}
	}
	if winner < 0 {
		t.Fatal("nobody won")
	}
	want := object("a/key", size+winner)
	for i, o := range outcomes {
		if i != winner {
			wantInfo(t, o.Existing, want)
		}
	}
	wantStored(t, s, want)
}

func testBatch(t *testing.T, s blob.Store) {
	var batch []blob.Object
	for i := range 300 {
		size := i * 100
		if i%50 == 49 {
			size = 65<<10 + i
		}
		batch = append(batch, object(fmt.Sprintf("run_%03d/1/pack_envelope.json", i), size))
	}
	mustPut(t, s, batch[100])
	for i, outcome := range put(t, s, batch...) {
		if outcome.Err != nil || outcome.Existed != (i == 100) {
			t.Errorf("outcome %d: %+v", i, outcome)
		}
	}
	for _, o := range batch {
		wantStored(t, s, o)
	}
}

func testTwiceInABatch(t *testing.T, s blob.Store) {
	for _, size := range sizes[:4] {
		first, second := object(fmt.Sprintf("twice/%d", size), size), object("other", size+1)
		second.Key = first.Key
		outcomes := put(t, s, first, second)
		if outcomes[0].Existed || !outcomes[1].Existed {
			t.Errorf("outcomes %+v, want the first to win", outcomes)
		}
		wantInfo(t, outcomes[1].Existing, first)
		wantStored(t, s, first)
	}
}

var badKeys = []string{
	"", "/", "/a", "a/", "a//b", ".", "..", "a/./b", "a/../b", "../a", "a/..", "a b", "a\\b", "a\x00", "a\nb", "é", "a%2fb", "a?b",
	strings.Repeat("k", 513),
}

// badObjects are refused for other reasons than their keys.
func badObjects() map[string]blob.Object {
	bad := map[string]blob.Object{}
	for name, metadata := range map[string]map[string]string{
		"an upper-case key":   {"Outcome": "1"},
		"an empty key":        {"": "1"},
		"a key with a space":  {"a b": "1"},
		"a value with spaces": {"a": "1 2"},
		"a line break":        {"a": "1\r\nx: 2"},
		"a non-ASCII value":   {"a": "é"},
		"an empty value":      {"a": ""},
		"an adapter's own":    {blob.OwnMetadata + "a": "1"},
		"more than 1 KiB":     {"a": strings.Repeat("v", 1024)},
		"together too much":   {"a": strings.Repeat("v", 512), "b": strings.Repeat("v", 511)},
	} {
		o := object("bad/metadata", 1)
		o.Metadata = metadata
		bad[name] = o
	}
	for name, mediaType := range map[string]string{
		"a line break in the media type":   "text/plain\r\nX-Evil: 1",
		"a space before the media type":    " text/plain",
		"more than 255 in the media type":  strings.Repeat("m", 256),
		"a media type that is not ASCII":   "text/é",
		"a control character in the media": "text/\x7f",
	} {
		o := object("bad/media-type", 1)
		o.MediaType = mediaType
		bad[name] = o
	}
	return bad
}

func testBadObject(t *testing.T, s blob.Store) {
	batch := []blob.Object{object("good/first", 10)}
	var names []string
	for _, key := range badKeys {
		batch, names = append(batch, object(key, 10)), append(names, fmt.Sprintf("key %.20q", key))
	}
	for name, o := range badObjects() {
		batch, names = append(batch, o), append(names, name)
	}
	batch = append(batch, object("good/last", 10))

	outcomes := put(t, s, batch...)
	for i, name := range names {
		err := outcomes[i+1].Err
		if err == nil || i < len(badKeys) && !errors.Is(err, blob.ErrInvalidKey) {
			t.Errorf("%s: error %v", name, err)
		}
	}
	wantStored(t, s, batch[0])
	wantStored(t, s, batch[len(batch)-1])
	infos, err := s.List(t.Context(), "", "", 100)
	if err != nil || len(infos) != 2 {
		t.Errorf("List after a batch with 2 good objects: %d, %v", len(infos), err)
	}
}

func testMetadataLimits(t *testing.T, s blob.Store) {
	full := object("full", 1)
	full.Metadata = map[string]string{"a-0": strings.Repeat("~", 509), "b-9": strings.Repeat("!", 509)}
	none := object("none", 1)
	none.Metadata = nil
	mustPut(t, s, full, none)
	wantStored(t, s, full)
	wantStored(t, s, none)
}

func testDurable(t *testing.T, h Harness) {
	if h.Reopen == nil {
		return
	}
	s := h.Open(t)
	var objects []blob.Object
	for _, size := range sizes {
		objects = append(objects, object(fmt.Sprintf("a/%d", size), size))
	}
	mustPut(t, s, objects...)
	s = h.Reopen(t, s)
	defer closeStore(t, s)
	for i, outcome := range put(t, s, objects...) {
		if !outcome.Existed {
			t.Errorf("%q was free again", objects[i].Key)
		}
		wantStored(t, s, objects[i])
	}
}
