import { afterEach, expect, it, vi } from 'vitest'
import { captureStderr } from '../../test/capture-stderr.ts'
import { AsterConfig } from '../aster-config.ts'
import { openLog } from './open-log.ts'

afterEach(() => void vi.restoreAllMocks())

const config = AsterConfig.fromEnv({ ASTER_SERVICE_HOST: '10.0.0.1', ASTER_SOMETHING_ELSE: '1' })
const settings = { config, warnings: config.warnings }
const note = expect.stringContaining('set by Kubernetes for a Service') as unknown
const warning = expect.stringContaining('is not known to Aster') as unknown

it("tells the user's logger of notes and warnings, and guards it", () => {
  const lines: unknown[] = []
  const write = (level: string) => (_fields: object, message: string) => void lines.push([level, message])
  const own = { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') }
  const logger = openLog(own, settings, 'aster.test')
  expect(lines).toEqual([
    ['info', note],
    ['warn', warning],
  ])
  logger?.error({}, 'x')
  expect(lines).toHaveLength(3)
})

it('writes them to stderr without a logger, and nothing with false', async () => {
  const { lines } = captureStderr()
  expect(openLog(false, settings, 'aster.test')).toBeUndefined()
  openLog(undefined, settings, 'aster.test')
  await expect.poll(lines).toHaveLength(2)
  expect(lines()).toEqual([
    expect.stringMatching(/^\S+Z INFO {4}aster\.test -- "ASTER_SERVICE_HOST": set by Kubernetes/),
    expect.stringMatching(/^\S+Z WARNING aster\.test -- "ASTER_SOMETHING_ELSE" is not known/),
  ])
})
