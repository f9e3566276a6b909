import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { TOTP } from 'otpauth'
import type { Browser, Cookie, Page } from 'playwright-core'
import type { DemoUser } from '../demo-users.ts'

/** A person with a browser of their own at the console of a stack. */
export async function visitConsole(browser: Browser, baseUrl: string, cookies: readonly Cookie[] = []) {
  const context = await browser.newContext({
    viewport: { width: 1280, height: 900 },
    reducedMotion: 'reduce',
  })
  await context.addCookies(cookies)
  const page = await context.newPage()
  page.setDefaultTimeout(10_000)
  /** What must not happen in a page: an error that nobody caught, or a breach of its policy. */
  const faults: string[] = []
  page.on('pageerror', (error) => faults.push(error.message))
  page.on('console', (message) => {
    if (/content security policy|warning:/i.test(message.text())) faults.push(message.text())
  })
  await page.goto(`${baseUrl}/console/`)
  return {
    page,
    faults,
    press: (name: string) => page.getByRole('button', { name, exact: true }).click(),
    see: (text: string | RegExp) => page.getByText(text).first().waitFor(),
    /** Goes to a page by its link. */
    async go(name: string): Promise<void> {
      await page.getByRole('link', { name, exact: true }).click()
      await page.getByRole('heading', { name, level: 1 }).waitFor()
    },
    async typePassword({ email, password }: Pick<DemoUser, 'email' | 'password'>): Promise<void> {
      await page.getByLabel('E-mail address').fill(email)
      await page.getByLabel('Password').fill(password)
      await page.getByRole('button', { name: 'Sign in', exact: true }).click()
    },
    async typeCode(secret = ''): Promise<void> {
      await page.getByLabel('Six-digit code').fill(new TOTP({ secret }).generate())
      await page.getByRole('button', { name: 'Continue' }).click()
      await page.getByRole('button', { name: 'Sign out' }).waitFor()
    },
    axeFindings: () => axeFindings(page),
    cookies: () => context.cookies(),
    close: () => context.close(),
  }
}
export type ConsoleVisitor = Awaited<ReturnType<typeof visitConsole>>

async function axeFindings(page: Page): Promise<string[]> {
  const path = createRequire(import.meta.url).resolve('axe-core/axe.min.js')
  await page.evaluate(await readFile(path, 'utf8'))
  return page.evaluate(async () => {
    const { axe } = globalThis as unknown as {
      axe: { run(): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> }
    }
    const { violations } = await axe.run()
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(' | ')}`)
  })
}
