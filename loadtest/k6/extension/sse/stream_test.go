package sse

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"

	"go.k6.io/k6/js/modulestest"
	"go.k6.io/k6/lib"
	"go.k6.io/k6/metrics"
)

// promptly is how long what must not wait may take on a busy machine; the streams under test would last for ever.
const promptly = 5 * time.Second

type bench struct {
	t       *testing.T
	runtime *modulestest.Runtime
	samples chan metrics.SampleContainer
	log     []string
}

// newBench has a virtual user whose script may call sse, say(text) and knows url.
func newBench(t *testing.T, url string) *bench {
	b := &bench{t: t, runtime: modulestest.NewRuntime(t), samples: make(chan metrics.SampleContainer, 100)}
	registry := b.runtime.VU.InitEnvField.Registry
	b.runtime.MoveToVUContext(&lib.State{
		Options:        lib.Options{SystemTags: &metrics.DefaultSystemTagSet},
		Transport:      &http.Transport{DisableKeepAlives: true},
		Samples:        b.samples,
		BuiltinMetrics: b.runtime.BuiltinMetrics,
		Tags:           lib.NewVUStateTags(registry.RootTagSet()),
	})
	vm := b.runtime.VU.Runtime()
	for name, value := range map[string]any{
		"url": url,
		"sse": new(module).NewModuleInstance(b.runtime.VU).Exports().Default,
		"say": func(text string) { b.log = append(b.log, text) },
	} {
		if err := vm.Set(name, value); err != nil {
			t.Fatal(err)
		}
	}
	return b
}

func (b *bench) run(script string) error {
	b.t.Helper()
	began := time.Now()
	_, err := b.runtime.VU.Runtime().RunString(script)
	if took := time.Since(began); took > promptly {
		b.t.Errorf("took %s", took)
	}
	return err
}

func (b *bench) said(want ...string) {
	b.t.Helper()
	if !reflect.DeepEqual(b.log, want) {
		b.t.Errorf("said %q, want %q", b.log, want)
	}
}

// counted gives what was sent to each metric, and the tags.
func (b *bench) counted() (map[string]float64, map[string]string) {
	close(b.samples)
	values, tags := map[string]float64{}, map[string]string{}
	for container := range b.samples {
		for _, sample := range container.GetSamples() {
			values[sample.Metric.Name] += sample.Value
			tags = sample.Tags.Map()
		}
	}
	return values, tags
}

// serve sends the chunks, each on its own, then ends the stream, or holds it open until the client goes.
func serve(t *testing.T, hold bool, chunks ...string) string {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream; charset=utf-8")
		for _, chunk := range chunks {
			_, _ = fmt.Fprint(w, chunk)
			w.(http.Flusher).Flush()
		}
		w.(http.Flusher).Flush()
		if hold {
			<-r.Context().Done()
		}
	}))
	t.Cleanup(server.Close)
	return server.URL
}

const listening = `
	const all = (client) => {
		client.on('open', () => say('open'))
		client.on('event', (event) => say([event.id, event.name, event.data].join('|')))
		client.on('error', (error) => say('error ' + error.error()))
	}
`

const open = listening + `
	const answer = sse.open(url, { tags: { name: 'GET /events' }, timeout: '20s' }, all)
	say('end ' + answer.status + answer.error)
`

func TestHandsOverEventsWhereverTheChunksAreCut(t *testing.T) {
	b := newBench(t, serve(t, false, "id: 1\nev", "ent: a\ndata: x\r", "\ndata: y\n\n: beat\n\n", "da", "ta: z\n", "\n"))
	if err := b.run(open); err != nil {
		t.Fatal(err)
	}
	b.said("open", "1|a|x\ny", "1|message|z", "end 200")
}

func TestCountsAStreamAsOneRequestWithoutADuration(t *testing.T) {
	b := newBench(t, serve(t, false, "data: x\n\n"))
	if err := b.run(open); err != nil {
		t.Fatal(err)
	}
	values, tags := b.counted()
	if want := map[string]float64{"http_reqs": 1, "http_req_failed": 0}; !reflect.DeepEqual(values, want) {
		t.Errorf("counted %v, want %v", values, want)
	}
	want := map[string]string{"name": "GET /events", "method": "GET", "status": "200", "expected_response": "true"}
	if !reflect.DeepEqual(tags, want) {
		t.Errorf("tags %v, want %v", tags, want)
	}
}

func TestNamesAStreamByItsAddressWhereTheScriptDoesNot(t *testing.T) {
	address := serve(t, false)
	b := newBench(t, address)
	if err := b.run(`sse.open(url, {}, () => {})`); err != nil {
		t.Fatal(err)
	}
	if _, tags := b.counted(); tags["name"] != address {
		t.Errorf("name is %q", tags["name"])
	}
}

func TestCloseEndsAQuietStreamAndIsNoError(t *testing.T) {
	for where, script := range map[string]string{
		"event": `(client) => { all(client); client.on('event', () => client.close()) }`,
		"open":  `(client) => { all(client); client.on('open', () => client.close()) }`,
	} {
		t.Run("from "+where, func(t *testing.T) {
			b := newBench(t, serve(t, true, "data: 1\n\ndata: 2\n\n"))
			if err := b.run(listening + `say('end' + sse.open(url, {}, ` + script + `).error)`); err != nil {
				t.Fatal(err)
			}
			if where == "open" {
				b.said("open", "end")
			} else {
				b.said("open", "|message|1", "end")
			}
			if values, _ := b.counted(); values["http_reqs"] != 1 || values["http_req_failed"] != 0 {
				t.Errorf("counted %v", values)
			}
		})
	}
}

func TestCloseBeforeTheRequestSendsNone(t *testing.T) {
	b := newBench(t, "http://127.0.0.1:1/")
	if err := b.run(listening + `sse.open(url, {}, (client) => { all(client); client.close() })`); err != nil {
		t.Fatal(err)
	}
	b.said()
	if values, _ := b.counted(); len(values) != 0 {
		t.Errorf("counted %v", values)
	}
}

func TestTellsACutConnectionOnceAndCountsItAsFailed(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		connection, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			panic(err)
		}
		defer func() { _ = connection.Close() }()
		head := "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
		_, _ = fmt.Fprintf(connection, "%s9\r\ndata: x\n\n\r\n9\r\ndata: y\n", head)
	}))
	t.Cleanup(server.Close)
	b := newBench(t, server.URL)
	if err := b.run(open); err != nil {
		t.Fatal(err)
	}
	b.said("open", "|message|x", "error unexpected EOF", "end 200unexpected EOF")
	values, tags := b.counted()
	if values["http_reqs"] != 1 || values["http_req_failed"] != 1 || tags["error"] != "unexpected EOF" {
		t.Errorf("counted %v, tags %v", values, tags)
	}
}

func TestTellsAnAnswerThatIsNoStream(t *testing.T) {
	for name, test := range map[string]struct {
		status int
		kind   string
		want   string
	}{
		"a refusal":  {401, "application/problem+json", `answered 401 Unauthorized with content of type "application/problem+json"`},
		"a redirect": {302, "text/event-stream", `answered 302 Found with content of type "text/event-stream"`},
		"a page":     {200, "text/html", `answered 200 OK with content of type "text/html"`},
	} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", test.kind)
				w.Header().Set("Location", "/elsewhere")
				w.WriteHeader(test.status)
			}))
			t.Cleanup(server.Close)
			b := newBench(t, server.URL)
			if err := b.run(open); err != nil {
				t.Fatal(err)
			}
			b.said("error "+test.want, fmt.Sprintf("end %d%s", test.status, test.want))
			if values, tags := b.counted(); values["http_req_failed"] != 1 || tags["expected_response"] != "false" {
				t.Errorf("counted %v, tags %v", values, tags)
			}
		})
	}
}

func TestTellsAServerThatDoesNotAnswer(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	_ = listener.Close()
	b := newBench(t, "http://"+address)
	if err := b.run(open); err != nil {
		t.Fatal(err)
	}
	if len(b.log) != 2 || !strings.HasPrefix(b.log[0], "error dial tcp") || !strings.HasPrefix(b.log[1], "end 0dial tcp") {
		t.Errorf("said %q", b.log)
	}
	if values, tags := b.counted(); values["http_req_failed"] != 1 || tags["status"] != "0" {
		t.Errorf("counted %v, tags %v", values, tags)
	}
}

func TestEndsAStreamAtItsTimeout(t *testing.T) {
	b := newBench(t, serve(t, true, "data: x\n\n"))
	if err := b.run(listening + `say(sse.open(url, { timeout: 100 }, all).error)`); err != nil {
		t.Fatal(err)
	}
	late := "the stream did not end within 100ms"
	b.said("open", "|message|x", "error "+late, late)
	if values, _ := b.counted(); values["http_req_failed"] != 1 {
		t.Errorf("counted %v", values)
	}
}

func TestEndsWithTheTestQuietly(t *testing.T) {
	for how, end := range map[string]string{"stopped while a handler runs": "over()", "at a deadline of the scenario": ""} {
		t.Run(how, func(t *testing.T) {
			b := newBench(t, serve(t, true, "data: x\n\n"))
			_ = b.runtime.VU.Runtime().Set("over", b.runtime.CancelContext)
			if end == "" {
				ctx, cancel := context.WithTimeout(b.runtime.VU.CtxField, 200*time.Millisecond)
				t.Cleanup(cancel)
				b.runtime.VU.CtxField = ctx
			}
			script := `sse.open(url, {}, (client) => { all(client); client.on('event', () => { ` + end + ` }) })`
			if err := b.run(listening + script); err != nil {
				t.Fatal(err)
			}
			b.said("open", "|message|x")
			if values, _ := b.counted(); len(values) != 0 {
				t.Errorf("counted %v", values)
			}
		})
	}
}

func TestThrowsWhatAHandlerThrowsWithoutWaitingForTheStream(t *testing.T) {
	for _, when := range []string{"open", "event"} {
		b := newBench(t, serve(t, true, "data: x\n\n"))
		err := b.run(`sse.open(url, {}, (client) => client.on('` + when + `', () => { throw new Error('mine') }))`)
		if err == nil || !strings.Contains(err.Error(), "mine") {
			t.Errorf("%s: threw %v", when, err)
		}
		if values, _ := b.counted(); values["http_reqs"] != 1 {
			t.Errorf("%s: counted %v", when, values)
		}
	}
}

func TestSendsTheHeadersOfTheScript(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		_, _ = fmt.Fprintf(w, "data: %s %s\n\n", r.Header.Get("Accept"), r.Header.Get("Authorization"))
	}))
	t.Cleanup(server.Close)
	b := newBench(t, server.URL)
	if err := b.run(listening + `sse.open(url, { headers: { authorization: 'Bearer t' } }, all)`); err != nil {
		t.Fatal(err)
	}
	b.said("open", "|message|text/event-stream Bearer t")
}

func TestThrowsAtWhatIsWrongInTheScript(t *testing.T) {
	for script, want := range map[string]string{
		`sse.open(url)`:                                             "a function that adds handlers",
		`sse.open(url, {}, 'no function')`:                          "",
		`sse.open('http://[', {}, () => {})`:                        "missing ']'",
		`sse.open(url, { tiemout: 5 }, () => {})`:                   "tiemout: is none of headers, tags, timeout",
		`sse.open(url, { timeout: 0 }, () => {})`:                   "timeout: must be more than 0",
		`sse.open(url, { timeout: 'soon' }, () => {})`:              "timeout: ",
		`sse.open(url, {}, (client) => client.on('evnet', say))`:    "takes open, event or error",
		`sse.open(url, {}, (client) => client.on('event'))`:         "and a function",
		`sse.open(url, {}, () => { throw new Error('in set-up') })`: "in set-up",
	} {
		b := newBench(t, "http://127.0.0.1:1/")
		if err := b.run(script); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s threw %v, want %q", script, err, want)
		}
		if values, _ := b.counted(); len(values) != 0 {
			t.Errorf("%s counted %v", script, values)
		}
	}
}

func TestRefusesTheInitContext(t *testing.T) {
	b := newBench(t, "")
	b.runtime.VU.StateField = nil
	if err := b.run(`sse.open(url, {}, () => {})`); err == nil || !strings.Contains(err.Error(), "in a test function") {
		t.Errorf("threw %v", err)
	}
}
