// The programs of Python for docs/changing-a-service.md.
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import type { StructType, Type } from '@aster/rpc-core'
import { hasOwnDefault, unwrap } from '@aster/rpc-core/schema'
import { sent } from '../src/changes/outcomes.ts'
import { type Age, type Change, changesIn, serviceOf } from '../src/changes/scenarios.ts'
import { startPython } from './python-process.ts'

/** The changes, each with tags of its own, since Python knows one class for each tag in a process. */
export const pythonChanges: readonly Change[] = changesIn('').map((_change, i) => changesIn(`changes${i}`)[i]!)

/** Returns the services of an age as the argument of `changing.py`. */
function specs(age: Age): string {
  return JSON.stringify(
    pythonChanges.map((change, i) => {
      const { request, response } = serviceOf(change, age, 'shared').methods.one
      return {
        name: serviceName(i),
        request: messageSpec(request),
        response: messageSpec(response),
        sends: sent(change, age, 'request'),
        answers: sent(change, age, 'response'),
      }
    }),
  )
}

export function serviceName(index: number, scope = 'shared'): string {
  return `Changing${index}${scope === 'session' ? 'Session' : ''}`
}

function messageSpec(type: Type): object {
  const struct = type as StructType
  const fields = struct.fields.map((field) => {
    const { type, optional } = unwrap(field.type)
    const kind = type.kind === 'list' ? enumSpec(type.element) : type.kind === 'string' ? 'str' : 'int'
    const spec = { name: field.wireName, type: kind, optional }
    const isGiven = field.required && !hasOwnDefault(field.type)
    return isGiven ? spec : { ...spec, default: field.type.zero() ?? null }
  })
  return { tag: struct.tag, fields }
}

function enumSpec(type: Type): object {
  const { type: bare } = unwrap(type)
  if (bare.kind !== 'enum') throw new TypeError(`a list of ${bare.kind} is not provided for`)
  return { tag: bare.tag, members: bare.members }
}

/** Starts a Python producer with the services of an age. It ends with the scope. */
export async function startChanging(age: Age) {
  const { child, exited, stderr } = startPython('changing.py', ['producer'])
  child.stdin!.write(`${specs(age)}\n`)
  const line = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout! }).once('line', resolve)
    void exited.then((code) => reject(new Error(`changing.py ended (${code}):\n${stderr()}`)))
  })
  return {
    address: (JSON.parse(line) as { address: string }).address,
    async [Symbol.asyncDispose]() {
      child.stdin!.end()
      await exited
    },
  }
}

/** The outcome of one call of a Python consumer. */
export interface PythonOutcome {
  readonly service: string
  readonly scope: string
  readonly pattern: string
  readonly value?: unknown
  /** The code of an `RpcError`. */
  readonly code?: number
  /** The class of any other exception. */
  readonly exception?: string
  readonly message?: string
}

/** Runs a Python consumer of an age, which calls every service of a producer. */
export async function runChanging(
  age: Age,
  { address, mode }: { readonly address: string; readonly mode: string },
): Promise<readonly PythonOutcome[]> {
  const { child, exited, stderr } = startPython('changing.py', ['consumer', address, mode])
  child.stdin!.write(`${specs(age)}\n`)
  const [output, code] = await Promise.all([text(child.stdout!), exited])
  if (output === '') throw new Error(`changing.py ended (${code}) without outcomes:\n${stderr()}`)
  return JSON.parse(output) as readonly PythonOutcome[]
}
