/**
 * An event stream's answer without the header object that was worked on: Bun keeps an answer as long as its stream is
 * open, and that object with it, a kilobyte each. Other answers are gone soon and stay as they are.
 */
export function lightAnswer(answer: Response): Response {
  const isStream = answer.headers.get('Content-Type')?.startsWith('text/event-stream')
  return isStream ? new Response(answer.body, answer) : answer
}
