// Command hubs serves one Server-Sent Events hub: `hubs mercure <address>`, or `hubs centrifuge <address> <Redis>`.
// What is POSTed to /publish goes to everybody who listens.
package main

import (
	"context"
	"io"
	"log"
	"net/http"
	"os"
	"time"

	"github.com/centrifugal/centrifuge"
	"github.com/dunglas/mercure"
)

const channel = "board"

func main() {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /ready", func(http.ResponseWriter, *http.Request) {})
	switch os.Args[1] {
	case "mercure":
		serveMercure(mux)
	case "centrifuge":
		serveCentrifuge(mux, os.Args[3])
	default:
		log.Fatalf("no hub is called %q", os.Args[1])
	}
	log.Fatal(http.ListenAndServe(os.Args[2], mux))
}

func publish(mux *http.ServeMux, send func([]byte) error) {
	mux.HandleFunc("POST /publish", func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err == nil {
			err = send(body)
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
		}
	})
}

// Mercure's hub over its own transport in memory, open to anonymous listeners.
func serveMercure(mux *http.ServeMux) {
	ctx := context.Background()
	key := []byte("of-the-benchmark-and-of-nothing-else")
	hub, err := mercure.NewHub(ctx,
		mercure.WithAnonymous(),
		mercure.WithPublisherJWT(key, "HS256"),
		mercure.WithTransport(mercure.NewLocalTransport(mercure.NewSubscriberList(1_000))),
	)
	if err != nil {
		log.Fatal(err)
	}
	mux.Handle("/.well-known/mercure", hub)
	publish(mux, func(body []byte) error {
		return hub.Publish(ctx, &mercure.Update{Topics: []string{channel}, Event: mercure.Event{Data: string(body)}})
	})
}

// Centrifuge, the engine of Centrifugo, over its Redis broker, with a history that clients could recover from.
func serveCentrifuge(mux *http.ServeMux, redis string) {
	node, err := centrifuge.New(centrifuge.Config{})
	if err != nil {
		log.Fatal(err)
	}
	shard, err := centrifuge.NewRedisShard(node, centrifuge.RedisShardConfig{Address: redis})
	if err != nil {
		log.Fatal(err)
	}
	broker, err := centrifuge.NewRedisBroker(node, centrifuge.RedisBrokerConfig{Shards: []*centrifuge.RedisShard{shard}})
	if err != nil {
		log.Fatal(err)
	}
	node.SetBroker(broker)
	node.OnConnecting(func(context.Context, centrifuge.ConnectEvent) (centrifuge.ConnectReply, error) {
		return centrifuge.ConnectReply{
			Credentials:   &centrifuge.Credentials{UserID: "somebody"},
			Subscriptions: map[string]centrifuge.SubscribeOptions{channel: {EnableRecovery: true}},
		}, nil
	})
	if err := node.Run(); err != nil {
		log.Fatal(err)
	}
	mux.Handle("/events", centrifuge.NewSSEHandler(node, centrifuge.SSEConfig{}))
	publish(mux, func(body []byte) error {
		_, err := node.Publish(channel, body, centrifuge.WithHistory(10_000, time.Hour))
		return err
	})
}
