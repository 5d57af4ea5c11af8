import type { EnumType, StructType } from '@aster/rpc-core'
import { type NamedType, TypeNames } from '../names/type-names.ts'
import type { Dialect } from './dialect.ts'
import { makeLayout, type StructLayout } from './struct-layout.ts'

/** The state that both directions of one codec share. */
export class CodecContext {
  readonly dialect: Dialect
  /** Whether functions may be created from source text. */
  readonly generate: boolean
  readonly #names: TypeNames
  readonly #layouts = new WeakMap<StructType, StructLayout>()

  constructor(dialect: Dialect, generate: boolean) {
    this.dialect = dialect
    this.generate = generate
    this.#names = new TypeNames(dialect)
  }

  /** Returns the type with its names as they are written. */
  named(type: StructType | EnumType): NamedType {
    return this.#names.get(type)
  }

  layout(type: StructType): StructLayout {
    let layout = this.#layouts.get(type)
    if (layout === undefined) {
      layout = makeLayout(type, this.dialect)
      this.#layouts.set(type, layout)
    }
    return layout
  }
}
