import { expect, it } from 'vitest'
import { drawBars, drawCharts } from './charts.mjs'
import { summarize } from './summary.mjs'
import { SYSTEMS } from './systems.mjs'
import { ROWS } from './workloads.mjs'

const bar = (label, median, rest = {}) => ({ label, median, min: median, max: median, ...rest })

/** @throws Error if the tags do not nest, or if an attribute or a text has a character that must be escaped */
function assertXml(text) {
  const open = []
  let rest = text
  while (rest !== '') {
    const tag =
      /^<(?<end>\/?)(?<name>[a-z]+)(?<attributes>(?: [a-z:A-Z-]+="[^"<&]*(?:&(?:amp|lt|gt|quot|apos);[^"<&]*)*")*)(?<empty>\/?)>/.exec(
        rest,
      )
    const plain = /^(?:[^<&]|&(?:amp|lt|gt|quot|apos);)+/.exec(rest)
    if (tag) {
      const { end, name, empty } = tag.groups
      if (end) expect(open.pop()).toBe(name)
      else if (!empty) open.push(name)
    }
    const [found] = tag ?? plain ?? []
    if (found === undefined) throw new Error(`not XML: ${rest.slice(0, 60)}`)
    rest = rest.slice(found.length)
  }
  expect(open).toEqual([])
}

it('is valid XML for any labels', () => {
  const svg = drawBars({
    title: 'a < b & "c"',
    note: "it's > 1",
    bars: [bar('<script>alert(1)</script>', 1), bar('A & B\u0000\u0007', 2, { min: 1, max: 3, ratio: 2 })],
  })
  assertXml(svg)
  expect(svg).not.toContain('<script')
  expect(svg).toContain('A &amp; B<')
  expect(() => assertXml('<svg><text>a & b</text></svg>')).toThrow('not XML')
  expect(() => assertXml('<svg><text></svg></text>')).toThrow()
})

it('draws bars by their values, the longest over the whole width, with labels and ratios', () => {
  const svg = drawBars({ title: 't', note: 'n', bars: [bar('one', 50, { ratio: 0.5 }), bar('two', 100)] })
  const widths = [...svg.matchAll(/<rect [^>]*width="(?<width>[\d.]+)"/g)].map(({ groups }) => Number(groups.width))
  expect(widths).toEqual([175, 350])
  expect(svg).toContain('>50.0 (0.50×)<')
  expect(svg).toContain('>two<')
})

it('has colours for light and for dark pages', () => {
  expect(drawBars({ title: 't', note: 'n', bars: [bar('one', 0)] })).toMatch(/prefers-color-scheme:dark/)
})

it('draws the charts that have values, with every system that has one', () => {
  const steps = ['grpc', 'native-xlang', 'raw-native'].map((system, i) => ({
    system,
    round: 0,
    workload: 'unary-64',
    figures: { 'unary-64': 1000 * (i + 1) },
  }))
  const charts = drawCharts(summarize(steps, ROWS, 'grpc'), SYSTEMS)
  expect([...charts.keys()]).toEqual(['unary-64.svg'])
  const svg = charts.get('unary-64.svg')
  assertXml(svg)
  for (const label of ['grpc-js', 'Aster', 'raw native core']) expect(svg).toContain(`>${label}<`)
  expect(svg.match(/<rect /g)).toHaveLength(3)
})
