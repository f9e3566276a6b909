// Command k6 is k6 with one module more, k6/x/sse, which reads Server-Sent Events.
package main

import (
	"go.k6.io/k6/cmd"
	_ "workflow-bolt/k6/sse"
)

func main() { cmd.Execute() }
