import type { EnumType, StructType, Type } from '@aster/rpc-core'
import type { TypeLookup } from '../wire/read-buffer.ts'
import { reachableTypes } from './reachable.ts'

/** The structs and enums that may occur in a dynamic position, by their names. */
export class KnownTypes implements TypeLookup {
  readonly #types: readonly Type[]
  #byName: Map<string, StructType | EnumType> | undefined

  constructor(types: readonly Type[]) {
    this.#types = types
  }

  find(namespace: string, name: string): StructType | EnumType | undefined {
    this.#byName ??= new Map(
      Array.from(reachableTypes(this.#types), (type) => [typeKey(type.namespace, type.name), type]),
    )
    return this.#byName.get(typeKey(namespace, name))
  }
}

/** Returns one key for the two names of a type, each of which may contain a slash. */
export function typeKey(namespace: string, name: string): string {
  return `${namespace.length}:${namespace}/${name}`
}
