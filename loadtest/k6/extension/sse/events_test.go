package sse

import (
	"bufio"
	"errors"
	"io"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"
)

func TestEvents(t *testing.T) {
	for name, test := range map[string]struct {
		stream string
		want   []Event
	}{
		"one event":                        {"id: 7\nevent: ready\ndata: {}\n\n", []Event{{"7", "ready", "{}"}}},
		"lines that end at CRLF":           {"id: 7\r\nevent: ready\r\ndata: {}\r\n\r\n", []Event{{"7", "ready", "{}"}}},
		"an event without a name":          {"data: a\n\n", []Event{{"", "message", "a"}}},
		"an empty name":                    {"event\ndata: a\n\n", []Event{{"", "message", "a"}}},
		"a name only for its own event":    {"event: a\ndata: 1\n\ndata: 2\n\n", []Event{{"", "a", "1"}, {"", "message", "2"}}},
		"an id until the next one":         {"id: 1\ndata: a\n\ndata: b\n\n", []Event{{"1", "message", "a"}, {"1", "message", "b"}}},
		"data of several lines":            {"data: a\ndata:\ndata:  b\n\n", []Event{{"", "message", "a\n\n b"}}},
		"data that is empty":               {"data\n\n", []Event{{"", "message", ""}}},
		"data with a colon":                {"data: a: b\n\n", []Event{{"", "message", "a: b"}}},
		"comments, which are no events":    {": one\n\n:two\n\ndata: a\n: three\n\n", []Event{{"", "message", "a"}}},
		"a block without data":             {"event: a\n\n", nil},
		"fields it does not know":          {"retry: 5\nfoo: 1\ndata: a\n\n", []Event{{"", "message", "a"}}},
		"an event cut off by the end":      {"data: a\n\ndata: b\n", []Event{{"", "message", "a"}}},
		"nothing":                          {"", nil},
		"a line longer than a buffer":      {"data: " + strings.Repeat("x", 100_000) + "\n\n", []Event{{"", "message", strings.Repeat("x", 100_000)}}},
		"characters of more than one byte": {"data: žluť\n\n", []Event{{"", "message", "žluť"}}},
	} {
		t.Run(name, func(t *testing.T) {
			for chunks, body := range map[string]io.Reader{
				"whole":        strings.NewReader(test.stream),
				"byte by byte": iotest.OneByteReader(strings.NewReader(test.stream)),
				"in halves":    iotest.HalfReader(strings.NewReader(test.stream)),
			} {
				var got []Event
				for event, err := range events(body) {
					if err != nil {
						t.Fatalf("%s: %v", chunks, err)
					}
					got = append(got, event)
				}
				if !reflect.DeepEqual(got, test.want) {
					t.Errorf("%s: got %q, want %q", chunks, got, test.want)
				}
			}
		})
	}
}

func TestEventsTellAReadErrorOnceAfterTheEventsBeforeIt(t *testing.T) {
	broken := errors.New("broken")
	body := io.MultiReader(strings.NewReader("data: a\n\ndata: b\n"), iotest.ErrReader(broken))
	var got []string
	for event, err := range events(body) {
		if err != nil {
			got = append(got, err.Error())
			continue
		}
		got = append(got, event.Data)
	}
	if want := []string{"a", "broken"}; !reflect.DeepEqual(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestEventsDoNotHoldALineWithoutEnd(t *testing.T) {
	body := io.LimitReader(endless{}, 16<<20)
	for _, err := range events(body) {
		if !errors.Is(err, bufio.ErrTooLong) {
			t.Errorf("gave %v", err)
		}
		return
	}
	t.Error("read it to its end")
}

type endless struct{}

func (endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'x'
	}
	return len(p), nil
}
