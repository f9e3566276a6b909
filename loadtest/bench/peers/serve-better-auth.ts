/** better-auth on Hono and Bun, as its guide for Hono says. */
import { createBetterAuth } from './better-auth.ts'
import { told } from './told.ts'

const { redisUrl, port } = told<{ redisUrl: string; port: number }>()
const auth = await createBetterAuth(redisUrl)
const packageName: string = 'hono'
const { Hono } = (await import(packageName)) as typeof import('hono')
const app = new Hono()
app.get('/ready', (c) => c.text('ready'))
app.on(['POST', 'GET'], '/api/auth/*', (c) => auth.handler(c.req.raw))
Bun.serve({ port, hostname: '127.0.0.1', fetch: app.fetch })
