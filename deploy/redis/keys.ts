import { runCommand } from '../run-command.ts'
import { operateKeys } from './operate-keys.ts'

/** `npm run keys -- …` */
runCommand(operateKeys)
