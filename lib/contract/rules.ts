import { z } from 'zod'

/** Rules that zod checks by code, each with its words in JSON Schema, so that a document says what is checked. */

/** As JSON Schema counts them: a string's `length` counts UTF-16 units, of which an emoji has two. */
export const codePoints = (text: string): number => [...text].length

/** Free text of so many characters. */
export const text = (min: number, max: number) =>
  z
    .string()
    .refine((given) => codePoints(given) >= min, `must have ${min} or more characters`)
    .refine((given) => codePoints(given) <= max, `must have ${max} or fewer characters`)
    .meta({ minLength: min, maxLength: max })

/** Free text of at most so many characters, of which `min` are left (1 or more) when the blanks around them are taken away. */
export const trimmedText = (min: number, max: number) =>
  z
    .string()
    .refine((given) => codePoints(given) <= max, `must have ${max} or fewer characters`)
    .trim()
    .refine((given) => codePoints(given) >= min, `must have ${min} or more characters`)
    .meta({
      minLength: min,
      maxLength: max,
      pattern: min === 1 ? '\\S' : `\\S[\\s\\S]{${min - 2},}\\S`,
    })

/** A list that names nothing twice. */
export const eachOnce = <T extends z.ZodType>(item: T, max: number, min = 0) =>
  z
    .array(item)
    .min(min)
    .max(max)
    .refine((list) => new Set(list).size === list.length, 'names something twice')
    .meta({ uniqueItems: true })

/** An object or record that has so many members. */
export const withMembers = <T extends z.ZodType<object>>(schema: T, min: number, message: string): T =>
  schema.refine((given) => Object.keys(given).length >= min, message).meta({ minProperties: min })

/** An object that has one of these members, which are optional each, and no other of them. */
export const withExactlyOne = <T extends z.ZodObject>(
  schema: T,
  names: readonly (keyof T['shape'] & string)[],
  message: string,
): T =>
  schema
    .refine((given) => names.filter((name) => given[name] !== undefined).length === 1, message)
    .meta({ oneOf: names.map((name) => ({ required: [name] })) })
