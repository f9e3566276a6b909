import { z } from 'zod'

type Claims = Readonly<Record<string, unknown>>

/** A claim's name, or the way to one inside others: `"hd"`, `["firebase", "tenant"]`. */
export const ClaimName = z.union([z.string().min(1), z.array(z.string().min(1)).min(1)])
export type ClaimName = z.infer<typeof ClaimName>

/** Holds where the claim is, or contains, one of the values. */
export const ClaimTest = z.strictObject({
  claim: ClaimName,
  values: z.array(z.union([z.string(), z.boolean()])).min(1),
})
export type ClaimTest = z.infer<typeof ClaimTest>

/** What the claim holds: its members where it is a list, itself where it is one value, nothing where it is not there. */
export function valuesOf(claims: Claims, name: ClaimName): readonly unknown[] {
  let value: unknown = claims
  for (const step of typeof name === 'string' ? [name] : name)
    value =
      typeof value === 'object' && value !== null && Object.hasOwn(value, step)
        ? (value as Claims)[step]
        : undefined
  if (value === undefined || value === null) return []
  return Array.isArray(value) ? value : [value]
}

export const holds = (claims: Claims, { claim, values }: ClaimTest): boolean =>
  valuesOf(claims, claim).some((value) => (values as readonly unknown[]).includes(value))
