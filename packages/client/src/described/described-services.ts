import type { ServiceSummary } from '@aster/admission'
import { ForyCodec } from '@aster/codec-fory'
import { type Description, toDefinitions, withWireNames } from '@aster/description'
import { type Codec, RpcError, type ServiceDefinition, StatusCode, type Type } from '@aster/rpc-core'
import { walkTypes } from '@aster/rpc-core/schema'
import { dynamicCodec } from '../choose-codec.ts'
import { createPlainCodec } from './plain-codec.ts'

/** A described service, and a codec that reads and writes its messages as plain values. */
export interface DescribedService {
  readonly definition: ServiceDefinition
  readonly codec: Codec
}

/** Generates no code, because the names in a description come from a peer. */
const fory = new ForyCodec({ generateCode: false })
const plainFory = createPlainCodec(fory)
const plainJson = createPlainCodec(dynamicCodec)

/**
 * The largest number of characters of descriptions whose services a client keeps. Beyond it, the services of the descriptions that
 * were read first are forgotten, and their calls are JSON again.
 */
export const MAX_KEPT_CHARACTERS = 16_777_216

interface Part {
  readonly definitions: ReadonlyMap<string, ServiceDefinition>
  readonly characters: number
}

/** The earlier descriptions to keep, and the length of the new description. */
interface Kept {
  readonly before: DescribedServices | undefined
  readonly characters: number
}

/** The definitions of described services. Their methods and fields have the names of the wire. */
export class DescribedServices {
  /** A part for each description, the newest first. */
  readonly #parts: readonly Part[]

  /**
   * @param kept the services of earlier descriptions to keep, up to `MAX_KEPT_CHARACTERS`, unless this description contains
   *   services of the same name and version
   * @throws AsterError if the description cannot be made into definitions
   */
  constructor(description: Description, { before, characters }: Kept = { before: undefined, characters: 0 }) {
    const { services } = toDefinitions(withWireNames(description))
    const definitions = new Map(services.map(({ definition }) => [keyOf(definition), definition]))
    const parts: Part[] = [{ definitions, characters }]
    let left = MAX_KEPT_CHARACTERS - characters
    const newer = new Set(definitions.keys())
    for (const part of before === undefined ? [] : before.#parts) {
      // A part is kept as a whole, since its services share types.
      if ([...part.definitions.keys()].every((key) => newer.has(key))) continue
      left -= part.characters
      if (left < 0) break
      parts.push(part)
      for (const key of part.definitions.keys()) newer.add(key)
    }
    this.#parts = parts
  }

  /** @returns `undefined` if the service is not described, or described with another scope than the producer offers */
  find({ name, version, pattern, serializationModes }: ServiceSummary): DescribedService | undefined {
    const key = keyOf({ name, version })
    const definition = this.#parts.find(({ definitions }) => definitions.has(key))?.definitions.get(key)
    if (definition?.scope !== pattern) return undefined
    return { definition, codec: serializationModes.includes('xlang') && canUseFory(definition) ? plainFory : plainJson }
  }
}

const keyOf = ({ name, version }: Pick<ServiceDefinition, 'name' | 'version'>): string => `${version} ${name}`

const carried = new WeakMap<ServiceDefinition, boolean>()

/**
 * Returns true if the messages of a service can be sent as XLANG. Values without a type cannot, because a plain value does not
 * determine which of Python's types it stands for.
 */
function canUseFory(definition: ServiceDefinition): boolean {
  let can = carried.get(definition)
  if (can === undefined) {
    const types = Object.values(definition.methods).flatMap(({ request, response }) => [request, response])
    can = !containsAny(types) && types.every(isCarried)
    carried.set(definition, can)
  }
  return can
}

/** Returns true if Fory supports a type: decoding zero bytes then fails because bytes are missing, and not because of the type. */
function isCarried(type: Type): boolean {
  try {
    fory.decode(type, new Uint8Array())
    return true
  } catch (error) {
    return error instanceof RpcError && error.code === StatusCode.DATA_LOSS
  }
}

function containsAny(types: readonly Type[]): boolean {
  for (const { kind } of walkTypes(types)) if (kind === 'any') return true
  return false
}
