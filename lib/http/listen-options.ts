/**
 * What every service tells Bun. No error page, which would show our source; and no body is held that is larger than
 * any route takes: routes have limits of their own far below this one (in bytes).
 */
export const listenOptions = { development: false, maxRequestBodySize: 1024 * 1024 } as const
