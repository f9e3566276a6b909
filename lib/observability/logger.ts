import { type DestinationStream, pino } from 'pino'
import { censored } from './censor.ts'
import { createLineWriter } from './line-writer.ts'

export type Logger = ReturnType<typeof createLogger>

type Write = (fields: object, message: string) => void

/** Lines of one request, each with the request's own fields. */
export interface RequestLog {
  readonly debug: Write
  readonly info: Write
  readonly warn: Write
  readonly error: Write
  /** What the request's later lines carry besides. */
  add(more: object): void
}

/** A log whose lines all carry these fields: less than a pino child, which is built anew for each request. */
export const withFields = (logger: Logger, fields: object): RequestLog => new FieldsLog(logger, [fields])

class FieldsLog implements RequestLog {
  constructor(
    private readonly logger: Logger,
    private readonly fields: object[],
  ) {}
  debug(more: object, message: string): void {
    this.#write('debug', more, message)
  }
  info(more: object, message: string): void {
    this.#write('info', more, message)
  }
  warn(more: object, message: string): void {
    this.#write('warn', more, message)
  }
  error(more: object, message: string): void {
    this.#write('error', more, message)
  }
  add(more: object): void {
    this.fields.push(more)
  }
  #write(level: 'debug' | 'info' | 'warn' | 'error', more: object, message: string): void {
    if (this.logger.isLevelEnabled(level))
      this.logger[level](Object.assign({}, ...this.fields, more), message)
  }
}

/** Cloud Logging's LogSeverity names (https://cloud.google.com/logging/docs/reference/v2/rest/v2/LogEntry). */
const severities: Record<string, string> = {
  trace: 'DEBUG',
  debug: 'DEBUG',
  info: 'INFO',
  warn: 'WARNING',
  error: 'ERROR',
  fatal: 'CRITICAL',
}

/** One JSON object a line, newline-safe, in the shape Cloud Logging reads: `severity`, `message`, `time`. */
export function createLogger(
  options: { service: string; version: string; level: string },
  destination?: DestinationStream,
) {
  const logger = pino(
    {
      level: options.level,
      messageKey: 'message',
      base: { service: options.service, version: options.version },
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: {
        level: (label) => ({ severity: severities[label] ?? 'DEFAULT' }),
        log: censored,
      },
      // What `censored` made of it stands; pino's own serializer would quote the message.
      serializers: { err: (error: unknown) => error },
    },
    destination ?? createLineWriter(1),
  )
  const { child } = logger
  // A child's own fields pass no formatter.
  logger.child = function (this: typeof logger, fields: object, options?: object) {
    return child.call(this, censored({ ...fields }), options)
  } as typeof child
  return logger
}
