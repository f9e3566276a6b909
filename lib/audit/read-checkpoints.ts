import { type Checkpoint, checkpointName, checkpointsOf } from './checkpoint.ts'
import type { Checkpoints } from './verify.ts'

export type FoundCheckpoint =
  | { readonly finding?: undefined; readonly checkpoint: Checkpoint | undefined }
  | { readonly finding: 'checkpoint-missing' | 'checkpoint-forged'; readonly number: number }

/**
 * The newest checkpoint of a practice, or what is wrong: a number between the first and the last that is not there, a
 * last one before `noted`, or a last one that we did not sign for this practice.
 */
export async function newestCheckpoint(
  checkpoints: Checkpoints | undefined,
  practiceId: string,
  noted: number,
): Promise<FoundCheckpoint> {
  if (!checkpoints) return { checkpoint: undefined }
  const names = await checkpoints.sink.list(checkpointsOf(practiceId))
  const number = names.findIndex((name, at) => name !== checkpointName(practiceId, at + 1)) + 1
  if (number > 0 || names.length < noted)
    return { finding: 'checkpoint-missing', number: number || names.length + 1 }
  if (names.length === 0) return { checkpoint: undefined }
  return readCheckpoint(checkpoints, practiceId, names.length)
}

export async function readCheckpoint(
  { sink, open }: Checkpoints,
  practiceId: string,
  number: number,
): Promise<FoundCheckpoint & { readonly text?: string }> {
  const text = await sink.read(checkpointName(practiceId, number))
  if (text === undefined) return { finding: 'checkpoint-missing', number }
  const checkpoint = await open(text)
  if (checkpoint?.practiceId !== practiceId || checkpoint.number !== number)
    return { finding: 'checkpoint-forged', number }
  return { checkpoint, text }
}
