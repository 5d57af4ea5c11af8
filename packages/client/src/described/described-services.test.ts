import { describeServices } from '@aster/description'
import { defineService, t, unary } from '@aster/rpc-core'
import { describe, expect, it } from 'vitest'
import { DescribedServices, MAX_KEPT_CHARACTERS } from './described-services.ts'

const Item = t.struct('described/Item', { text: t.string })
const description = (...names: string[]) =>
  describeServices(names.map((name) => defineService({ name, methods: { echo: unary(Item, Item) } })))

function isDescribed(services: DescribedServices, name: string): boolean {
  const summary = { name, version: 1, contractId: '', channels: {}, pattern: 'shared', serializationModes: [] } as const
  return services.find(summary) !== undefined
}

const after = (before: DescribedServices | undefined, characters: number, ...names: string[]): DescribedServices =>
  new DescribedServices(description(...names), { before, characters })

describe('the described services of a client', () => {
  it('are those of earlier descriptions, too', () => {
    const services = after(after(undefined, 1000, 'A'), 1000, 'B')
    expect(['A', 'B', 'C'].map((name) => isDescribed(services, name))).toEqual([true, true, false])
  })

  it('are forgotten from the first on when they become too many', () => {
    const third = Math.ceil(MAX_KEPT_CHARACTERS / 3)
    const three = after(after(after(undefined, third - 2, 'A'), third, 'B'), third, 'C')
    expect(['A', 'B', 'C'].map((name) => isDescribed(three, name))).toEqual([true, true, true])
    const four = after(three, 1, 'D')
    expect(['A', 'B', 'C', 'D'].map((name) => isDescribed(four, name))).toEqual([false, true, true, true])
  })

  it('forget no other service when one is described again', () => {
    const half = MAX_KEPT_CHARACTERS / 2
    let services = after(undefined, half, 'A')
    for (let i = 0; i < 3; i++) services = after(services, half, 'B')
    expect(['A', 'B'].map((name) => isDescribed(services, name))).toEqual([true, true])
  })
})
