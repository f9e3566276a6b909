import { RatesConfig } from '#lib/config/rates.ts'

const lavish = '100000000/100000000/100000000'

/** For what is measured or loaded on purpose: as environment variables, limits that nobody reaches. */
export const lavishRates = {
  ...Object.fromEntries(Object.keys(RatesConfig.shape).map((name) => [name, lavish])),
  RATE_ADDRESS: '100000000',
}
