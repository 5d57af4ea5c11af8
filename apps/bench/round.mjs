// Runs one system in one round: its steps one after the other, each with a time limit. A step that fails is a failed cell, and the
// next step has new processes.
import { startChild } from './child.mjs'
import { watchOthers } from './machine.mjs'

/**
 * @typedef {object} Step
 * @property {string} workload
 * @property {Record<string, number>} [figures] by the keys of rows
 * @property {string} [error] why figures are missing
 * @property {number} [others] the share of the machine that other processes used during the step
 * @property {number} ms
 */

/**
 * Runs the workloads of a system. Calls `onStep` before each, and yields its step.
 *
 * @param {import('./systems.mjs').System} system
 * @param {readonly import('./workloads.mjs').Workload[]} workloads
 * @param {{ scale: { ms: number, quick: boolean }, onStep?: (workload: string) => void, start?: typeof startChild }} options
 * @returns {AsyncGenerator<Step>}
 */
export async function* runSystem(system, workloads, { scale, onStep = () => {}, start = startChild }) {
  let shared
  try {
    for (const workload of workloads) {
      onStep(workload.name)
      const began = performance.now()
      const others = watchOthers()
      // A quick run only shows that everything works, so it saves the start of further processes.
      const isShared = scale.quick || workload.pair === 'shared'
      const extra = []
      const figures = {}
      let isOver = false
      const keep = (child) => {
        extra.push(child)
        // The step took too long, and may still be starting processes.
        if (isOver) child.stop()
        return child
      }
      let pair = isShared ? shared : undefined
      const run = async () => {
        pair ??= await startPair(start, system, workload, keep)
        if (isShared && !isOver) shared = pair
        const startClient = async () => keep(await start('client', system.client))
        return workload.run({ ...pair, startClient, scale, figures })
      }
      const outcome = await settled(run(), workload.seconds * 1000)
      // Figures that were measured before the failure count.
      if (outcome.error !== undefined && Object.keys(figures).length > 0) outcome.figures = { ...figures }
      isOver = true
      const failed = outcome.error !== undefined
      for (const child of extra)
        if (failed || !isShared || (child !== pair?.client && child !== pair?.server)) child.stop()
      if (failed && isShared) {
        shared?.client.stop()
        shared?.server.stop()
        shared = undefined
      }
      yield { workload: workload.name, ...outcome, others: others(), ms: performance.now() - began }
    }
  } finally {
    shared?.client.stop()
    shared?.server.stop()
  }
}

async function startPair(start, { server: serverProgram, client: clientProgram }, { collect }, onChild) {
  const server = await start('server', serverProgram, { collect })
  onChild(server)
  const client = await start('client', clientProgram, { collect })
  onChild(client)
  const address = await server.ask('serve')
  await client.ask('connect', { address, warm: 0 })
  return { server, client, address }
}

/** Returns the figures of a step, or the reason why there are none. */
async function settled(figures, ms) {
  let timer
  const late = new Promise((resolve) => {
    timer = setTimeout(() => resolve({ error: `no end after ${ms / 1000} s` }), ms)
  })
  const outcome = figures.then(
    (found) => ({ figures: found }),
    (error) => ({ error: String(error?.message ?? error).slice(0, 300) }),
  )
  try {
    return await Promise.race([outcome, late])
  } finally {
    clearTimeout(timer)
  }
}
