import type { EnumType, StructType, Type } from '@aster/rpc-core'
import { reachable } from './reachable.ts'

/** The structs and enums that may stand in a dynamic position, by their names. */
export class KnownTypes {
  readonly #types: readonly Type[]
  #byName: Map<string, StructType | EnumType> | undefined

  constructor(types: readonly Type[]) {
    this.#types = types
  }

  find(namespace: string, name: string): StructType | EnumType | undefined {
    this.#byName ??= new Map(Array.from(reachable(this.#types), (type) => [keyOf(type.namespace, type.name), type]))
    return this.#byName.get(keyOf(namespace, name))
  }
}

/** Either part may have a slash in it. */
export function keyOf(namespace: string, name: string): string {
  return `${namespace.length}:${namespace}/${name}`
}
