import { runCommand } from '../run-command.ts'
import { operateImport } from './operate-import.ts'

/** `npm run users:import -- …` */
runCommand(operateImport)
