/** The module of `./extension`, which brings no types of its own. */
declare module 'k6/x/sse' {
  /** Comments are no events; `name` is 'message' where the server gave none. */
  export interface SseEvent {
    readonly id: string
    readonly name: string
    readonly data: string
  }

  export interface SseClient {
    on(event: 'open', handler: () => void): void
    on(event: 'event', handler: (event: SseEvent) => void): void
    /** Once, when the stream ended otherwise than by `close`, by the server or with the test; it has ended then. */
    on(event: 'error', handler: (error: { error(): string }) => void): void
    /** Ends the stream at once. */
    close(): void
  }

  export interface SseAnswer {
    /** 0 where no answer came. */
    readonly status: number
    /** Empty where the stream ended well. */
    readonly error: string
  }

  export interface SseParams {
    readonly headers?: Readonly<Record<string, string>>
    readonly tags?: Readonly<Record<string, string>>
    /** How long the stream may last, in ms or as '30s'; a minute where it is not given. */
    readonly timeout?: number | string
  }

  /**
   * Blocks the virtual user until the stream has ended; handlers run meanwhile. Counts in http_reqs and
   * http_req_failed, not in http_req_duration.
   */
  function open(url: string, params: SseParams, setUp: (client: SseClient) => void): SseAnswer

  const sse: { readonly open: typeof open }
  export default sse
}
