// Package sse gives k6 scripts Server-Sent Events: import sse from 'k6/x/sse'.
package sse

import (
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/grafana/sobek"
	"go.k6.io/k6/js/common"
	"go.k6.io/k6/js/modules"
	"go.k6.io/k6/lib/types"
)

func init() { modules.Register("k6/x/sse", new(module)) }

type module struct{ vu modules.VU }

func (*module) NewModuleInstance(vu modules.VU) modules.Instance { return &module{vu} }

func (m *module) Exports() modules.Exports {
	return modules.Exports{Default: map[string]any{"open": m.open}}
}

// Answer is what open returns; Error is empty where the stream ended well.
type Answer struct {
	Status int    `js:"status"`
	Error  string `js:"error"`
}

// open blocks the virtual user until the stream has ended. setUp runs before the request is sent. What goes wrong on
// the way is told once to 'error' and in the answer; what is wrong in the script is thrown.
func (m *module) open(url string, params *sobek.Object, setUp sobek.Callable) (*Answer, error) {
	if m.vu.State() == nil || params == nil || setUp == nil {
		return nil, errors.New("sse.open, in a test function, takes a URL, parameters and a function that adds handlers")
	}
	request, err := http.NewRequest(http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	s := &stream{vu: m.vu, request: request, answer: &Answer{}, handlers: map[string][]sobek.Callable{}}
	if err = s.read(params); err == nil {
		err = s.run(setUp)
	}
	return s.answer, err
}

// read refuses what it does not know: a misspelt parameter would silently test something else.
func (s *stream) read(params *sobek.Object) (err error) {
	state, rt := s.vu.State(), s.vu.Runtime()
	s.timeout, s.tags = time.Minute, state.Tags.GetCurrentValues()
	s.request.Header = http.Header{"Accept": {"text/event-stream"}, "User-Agent": {state.Options.UserAgent.String}}
	for _, name := range params.Keys() {
		switch value := params.Get(name); name {
		case "headers":
			for _, key := range value.ToObject(rt).Keys() {
				s.request.Header.Set(key, value.ToObject(rt).Get(key).String())
			}
		case "tags":
			err = common.ApplyCustomUserTags(rt, &s.tags, value)
		case "timeout":
			if s.timeout, err = types.GetDurationValue(value.Export()); err == nil && s.timeout <= 0 {
				err = errors.New("must be more than 0")
			}
		default:
			err = errors.New("is none of headers, tags, timeout")
		}
		if err != nil {
			return fmt.Errorf("sse.open: %s: %w", name, err)
		}
	}
	return nil
}
