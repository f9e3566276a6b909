import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'

export const centrifugoVersion = '6.9.1'

/** Centrifugo itself, built by Go into the cache folder; undefined where it cannot be. */
export async function findCentrifugo(
  cache: string,
  say: (text: string) => void,
): Promise<string | undefined> {
  const folder = join(cache, `centrifugo-${centrifugoVersion}`)
  const binary = join(folder, 'centrifugo')
  if (existsSync(binary)) return binary
  if (spawnSync('go', ['version']).status !== 0) return undefined
  say('building Centrifugo with Go into the cache folder; this takes some minutes, once')
  await mkdir(folder, { recursive: true })
  const { status, stderr } = spawnSync(
    'go',
    ['install', '-trimpath', `github.com/centrifugal/centrifugo/v6@v${centrifugoVersion}`],
    { env: { ...process.env, CGO_ENABLED: '0', GOBIN: folder }, encoding: 'utf8' },
  )
  if (status !== 0) say(`Go could not build Centrifugo: ${stderr.trim().split('\n').at(-1)}`)
  return status === 0 ? binary : undefined
}

/** Through Redis, with a history that clients could recover from, open to whoever listens or publishes here. */
export const centrifugoSettings = ({ port, redisUrl }: { port: number; redisUrl: string }): string =>
  JSON.stringify({
    http_server: { address: '127.0.0.1', port },
    log: { level: 'error' },
    health: { enabled: true },
    http_api: { insecure: true },
    engine: { type: 'redis', redis: { address: [redisUrl] } },
    client: { allow_anonymous_connect_without_token: true, allowed_origins: ['*'] },
    uni_sse: { enabled: true },
    channel: {
      without_namespace: {
        history_size: 10_000,
        history_ttl: '1h',
        force_recovery: true,
        allow_subscribe_for_client: true,
        allow_subscribe_for_anonymous: true,
      },
    },
  })
