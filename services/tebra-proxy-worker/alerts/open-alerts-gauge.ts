import { Gauge } from 'prom-client'
import { AlertKind } from '#lib/contract/alerts.ts'
import type { AlertBook } from './alert-book.ts'

/** The fleet's open alerts by kind, asked of Redis at each scrape; none is shown while it is away. */
export const createOpenAlertsGauge = (book: Pick<AlertBook, 'open'>) =>
  new Gauge({
    name: 'tebra_alerts_open',
    help: 'Open alerts of the fleet, the same from every process',
    labelNames: ['kind'],
    registers: [],
    async collect() {
      this.reset()
      const open = await book.open().catch(() => undefined)
      if (!open) return
      for (const kind of AlertKind.options)
        this.set({ kind }, open.filter((alert) => alert.kind === kind).length)
    },
  })
