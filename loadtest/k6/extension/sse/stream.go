package sse

import (
	"context"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"strconv"
	"time"

	"github.com/grafana/sobek"
	"go.k6.io/k6/js/modules"
	"go.k6.io/k6/metrics"
)

// stream is one call of open. Its handlers run on the virtual user's only thread, so nothing here is locked.
type stream struct {
	vu       modules.VU
	answer   *Answer
	request  *http.Request
	tags     metrics.TagsAndMeta
	timeout  time.Duration
	handlers map[string][]sobek.Callable
}

// run shows every way a stream can end. From this side only the request's context ends it, and its cause says who did:
// the script, the timeout, or the test, which is over and wants neither handlers nor figures. It gives what was thrown.
func (s *stream) run(setUp sobek.Callable) error {
	late := fmt.Errorf("the stream did not end within %s", s.timeout)
	ctx, cancel := context.WithTimeoutCause(s.vu.Context(), s.timeout, late)
	defer cancel()
	client := map[string]any{"on": s.on, "close": func() { cancel() }}
	if _, err := setUp(sobek.Undefined(), s.vu.Runtime().ToValue(client)); err != nil || ctx.Err() != nil {
		return err
	}
	ended, thrown := s.listen(ctx)
	if ctx.Err() != nil {
		ended = context.Cause(ctx)
	}
	switch {
	case s.vu.Context().Err() != nil:
		return thrown
	case thrown != nil, ended == nil, errors.Is(ended, context.Canceled):
		s.count(0)
		return thrown
	default:
		s.answer.Error = ended.Error()
		s.count(1)
		return s.fire("error", ended)
	}
}

// listen sends over the virtual user's own transport, so that hosts, TLS and data_received are those of k6/http, but
// follows no redirect and adds no cookie. It gives why the stream ended, or what a handler threw.
func (s *stream) listen(ctx context.Context) (ended, thrown error) {
	response, err := s.vu.State().Transport.RoundTrip(s.request.WithContext(ctx))
	if err != nil {
		return err, nil
	}
	defer func() { _ = response.Body.Close() }()
	s.answer.Status = response.StatusCode
	kind, _, _ := mime.ParseMediaType(response.Header.Get("Content-Type"))
	if response.StatusCode != http.StatusOK || kind != "text/event-stream" {
		return fmt.Errorf("answered %s with content of type %q", response.Status, kind), nil
	}
	if thrown := s.fire("open", nil); thrown != nil {
		return nil, thrown
	}
	for event, err := range events(response.Body) {
		if err != nil || ctx.Err() != nil {
			return err, nil
		}
		if thrown := s.fire("event", event); thrown != nil {
			return nil, thrown
		}
	}
	return nil, nil
}

func (s *stream) on(name string, handler sobek.Callable) error {
	if handler == nil || (name != "open" && name != "event" && name != "error") {
		return fmt.Errorf("sse: on(%q) takes open, event or error, and a function", name)
	}
	s.handlers[name] = append(s.handlers[name], handler)
	return nil
}

func (s *stream) fire(name string, given any) error {
	for _, handler := range s.handlers[name] {
		if _, err := handler(sobek.Undefined(), s.vu.Runtime().ToValue(given)); err != nil {
			return err
		}
	}
	return nil
}

// count makes the stream one request of http_reqs and http_req_failed. It adds nothing to http_req_duration: how long
// a stream lasted says nothing of how fast the server is.
func (s *stream) count(failed float64) {
	state := s.vu.State()
	set := func(tag metrics.SystemTag, value string) {
		if _, given := s.tags.Tags.Get(tag.String()); !given && value != "" {
			s.tags.SetSystemTagOrMetaIfEnabled(state.Options.SystemTags, tag, value)
		}
	}
	set(metrics.TagName, s.request.URL.String())
	set(metrics.TagMethod, http.MethodGet)
	set(metrics.TagStatus, strconv.Itoa(s.answer.Status))
	set(metrics.TagError, s.answer.Error)
	set(metrics.TagExpectedResponse, strconv.FormatBool(failed == 0))
	for metric, value := range map[*metrics.Metric]float64{
		state.BuiltinMetrics.HTTPReqs: 1, state.BuiltinMetrics.HTTPReqFailed: failed,
	} {
		sample := metrics.Sample{Time: time.Now(), Metadata: s.tags.Metadata, Value: value}
		sample.TimeSeries = metrics.TimeSeries{Metric: metric, Tags: s.tags.Tags}
		metrics.PushIfNotDone(s.vu.Context(), state.Samples, sample)
	}
}
