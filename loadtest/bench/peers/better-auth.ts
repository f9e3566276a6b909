/** better-auth at its best for this: sessions in Redis only, by its own storage, and no logs or mails. */
import { readFileSync } from 'node:fs'

interface Storage {
  readonly secondaryStorage: unknown
}
interface AuthContext {
  readonly secret: string
  readonly authCookies: { readonly sessionToken: { readonly name: string } }
  readonly internalAdapter: {
    createUser(user: object): Promise<{ readonly id: string }>
    createSession(userId: string): Promise<{ readonly token: string }>
  }
}
export interface BetterAuth {
  readonly handler: (request: Request) => Promise<Response>
  readonly $context: Promise<AuthContext>
}

/** Variables, so that the type checker does not look for packages that may not be installed yet. */
const names = {
  auth: 'better-auth' as string,
  memory: 'better-auth/adapters/memory' as string,
  storage: '@better-auth/redis-storage' as string,
  redis: 'ioredis' as string,
}

const unreached = { window: 60, max: 100_000_000 }

/** Its users live in this process; a session look-up asks for none of them. */
export async function createBetterAuth(redisUrl: string): Promise<BetterAuth> {
  const { betterAuth } = (await import(names.auth)) as { betterAuth: (options: object) => BetterAuth }
  const { memoryAdapter } = (await import(names.memory)) as { memoryAdapter: (tables: object) => unknown }
  const { redisStorage } = (await import(names.storage)) as {
    redisStorage: (config: object) => Storage['secondaryStorage']
  }
  const { Redis } = (await import(names.redis)) as { Redis: new (url: string, options: object) => unknown }
  return betterAuth({
    baseURL: 'http://localhost:3000',
    secret: 'of-the-benchmark-and-of-nothing-else',
    database: memoryAdapter({ user: [], session: [], account: [], verification: [] }),
    secondaryStorage: redisStorage({ client: new Redis(redisUrl, { enableAutoPipelining: true }) }),
    emailAndPassword: { enabled: true },
    // As it is by default in production, counted where its sessions are, but with a limit that nobody reaches.
    rateLimit: {
      enabled: true,
      storage: 'secondary-storage',
      ...unreached,
      customRules: { '/sign-in/*': unreached, '/sign-up/*': unreached },
    },
    advanced: { ipAddress: { ipAddressHeaders: ['x-forwarded-for'] } },
    logger: { disabled: true },
    telemetry: { enabled: false },
  })
}

export const betterAuthVersion = (): string =>
  (
    JSON.parse(readFileSync(new URL('./package.json', import.meta.url), 'utf8')) as {
      dependencies: Readonly<Record<string, string>>
    }
  ).dependencies['better-auth'] ?? ''
