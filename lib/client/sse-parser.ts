/** One dispatched event; `lastEventId` is the cursor as it stands with this event. */
export interface ServerSentEvent {
  readonly type: string
  readonly data: string
  readonly lastEventId: string
}

export interface SseListener {
  onEvent(event: ServerSentEvent): void
  /** The server's wish for the reconnection time, in ms. */
  onRetry?(retryMs: number): void
}

export interface SseParser {
  push(chunk: Uint8Array | string): void
  /** Moves at every blank line, also of a block without data. */
  readonly lastEventId: string
}

const byteOrderMark = '\uFEFF'

/**
 * Parses `text/event-stream` as the HTML Standard rules it (9.2.6), from chunks cut anywhere, in time linear to the input.
 * A block that the connection cut before its blank line is never dispatched.
 * @param lastEventId the cursor to go on from; an event without an id keeps it
 */
export function createSseParser(listener: SseListener, lastEventId = ''): SseParser {
  // The mark is stripped below, so that bytes and strings go one way.
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
  let atStart = true
  let afterCarriageReturn = false
  let unfinishedLine: string[] = []
  let data: string[] = []
  let type = ''
  let idBuffer = lastEventId
  let dispatchedId = lastEventId

  function dispatch(): void {
    dispatchedId = idBuffer
    const event = { type: type || 'message', data: data.join('\n'), lastEventId: dispatchedId }
    const isEmpty = data.length === 0
    data = []
    type = ''
    if (!isEmpty) listener.onEvent(event)
  }

  function takeField(name: string, value: string): void {
    if (name === 'data') data.push(value)
    else if (name === 'event') type = value
    else if (name === 'id' && !value.includes('\0')) idBuffer = value
    else if (name === 'retry' && /^[0-9]+$/.test(value)) listener.onRetry?.(Number(value))
  }

  function takeLine(line: string): void {
    const colon = line.indexOf(':')
    if (line === '') dispatch()
    else if (colon < 0) takeField(line, '')
    else if (colon > 0) {
      const valueStart = line[colon + 1] === ' ' ? colon + 2 : colon + 1
      takeField(line.slice(0, colon), line.slice(valueStart))
    }
  }

  function takeText(text: string): void {
    let lineStart = 0
    for (const match of text.matchAll(/\r\n|\r|\n/g)) {
      const isRestOfCrLf = afterCarriageReturn && match.index === 0 && match[0] === '\n'
      afterCarriageReturn = false
      if (!isRestOfCrLf) {
        unfinishedLine.push(text.slice(lineStart, match.index))
        const line = unfinishedLine.join('')
        unfinishedLine = []
        takeLine(line)
      }
      lineStart = match.index + match[0].length
    }
    if (lineStart < text.length) unfinishedLine.push(text.slice(lineStart))
    // A lone CR ends its line at once: an event must not wait for the byte after it.
    afterCarriageReturn = text.endsWith('\r')
  }

  return {
    push(chunk) {
      let text = typeof chunk === 'string' ? chunk : decoder.decode(chunk, { stream: true })
      if (text === '') return
      if (atStart && text.startsWith(byteOrderMark)) text = text.slice(1)
      atStart = false
      if (text !== '') takeText(text)
    },
    get lastEventId() {
      return dispatchedId
    },
  }
}
