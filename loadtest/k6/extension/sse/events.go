package sse

import (
	"bufio"
	"io"
	"iter"
	"strings"
)

// Event is what a handler of 'event' is given; Name is "message" where the server gave none.
type Event struct {
	ID   string `js:"id"`
	Name string `js:"name"`
	Data string `js:"data"`
}

// events reads events as the HTML standard has them (9.2.6), with lines that end at LF or CRLF. A comment, which is how
// servers keep a connection alive, is no event; neither is a block without data, nor one the end of the stream cut off.
func events(body io.Reader) iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		lines := bufio.NewScanner(body)
		lines.Buffer(nil, 8<<20) // bounds what is held of a line that does not end
		id, name, data := "", "message", []string(nil)
		for lines.Scan() {
			field, value, _ := strings.Cut(lines.Text(), ":")
			value = strings.TrimPrefix(value, " ")
			switch {
			case lines.Text() == "":
				if data != nil && !yield(Event{id, name, strings.Join(data, "\n")}, nil) {
					return
				}
				name, data = "message", nil
			case field == "event" && value != "":
				name = value
			case field == "data":
				data = append(data, value)
			case field == "id":
				id = value
			}
		}
		if err := lines.Err(); err != nil {
			yield(Event{}, err)
		}
	}
}
