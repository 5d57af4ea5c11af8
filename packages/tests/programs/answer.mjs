// The side of a forked program: each message names a command, and is answered with the result of the command.
import process from 'node:process'

/** @param {Record<string, (argument: any) => unknown>} commands */
export function answer(commands) {
  process.on('disconnect', () => process.exit(0))
  process.on('message', (question) => void reply(commands, question))
}

async function reply(commands, { id, command, argument }) {
  try {
    process.send({ id, result: await commands[command](argument) })
  } catch (error) {
    process.send({ id, error: `${error.name}: ${error.message}` })
  }
}
