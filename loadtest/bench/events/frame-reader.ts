/**
 * Reads one connection's bytes: the head, then the event stream's frames, whether the body comes in chunks
 * (RFC 9112 §7.1) or as it is. Enough for servers that end lines with LF, and cheap.
 */
export function createFrameReader(on: { head(head: string): void; frame(frame: string): void }) {
  let rest = ''
  let body = ''
  let hasHead = false
  let chunked = false
  let left = 0

  const frames = (text: string): void => {
    body = body === '' ? text : body + text
    let from = 0
    for (let end = body.indexOf('\n\n'); end >= 0; end = body.indexOf('\n\n', from)) {
      on.frame(body.slice(from, end))
      from = end + 2
    }
    body = from === 0 ? body : body.slice(from)
  }

  const chunks = (): void => {
    while (rest !== '') {
      if (left === 0) {
        // The line break that ends the chunk before stands in front of the next size.
        const start = rest.startsWith('\r\n') ? 2 : 0
        const end = rest.indexOf('\r\n', start)
        if (end < 0) return
        left = Number.parseInt(rest.slice(start, end), 16)
        rest = rest.slice(end + 2)
        if (left === 0) return
      }
      const part = rest.slice(0, left)
      rest = rest.slice(part.length)
      left -= part.length
      frames(part)
    }
  }

  return (text: string): void => {
    rest = rest === '' ? text : rest + text
    if (!hasHead) {
      const end = rest.indexOf('\r\n\r\n')
      if (end < 0) return
      const head = rest.slice(0, end)
      hasHead = true
      chunked = /^transfer-encoding: *chunked/im.test(head)
      rest = rest.slice(end + 4)
      on.head(head)
    }
    if (chunked) chunks()
    else {
      const whole = rest
      rest = ''
      frames(whole)
    }
  }
}
