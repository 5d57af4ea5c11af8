// The variables that Kubernetes sets in every container for a Service whose name begins with `aster`.
import { expect, it } from 'vitest'
import { AsterConfig } from './aster-config.ts'
import { fieldNames, fields } from './fields.ts'
import { isServiceLink } from './service-links.ts'

function linksOf(service: string, port: number, portName: string, protocol = 'tcp'): Record<string, string> {
  const prefix = service.toUpperCase().replaceAll('-', '_')
  const link = `${prefix}_PORT_${port}_${protocol.toUpperCase()}`
  return {
    [`${prefix}_SERVICE_HOST`]: '10.0.0.1',
    [`${prefix}_SERVICE_PORT`]: String(port),
    [`${prefix}_SERVICE_PORT_${portName}`]: String(port),
    [`${prefix}_PORT`]: `${protocol}://10.0.0.1:${port}`,
    [link]: `${protocol}://10.0.0.1:${port}`,
    [`${link}_PROTO`]: protocol,
    [`${link}_PORT`]: String(port),
    [`${link}_ADDR`]: '10.0.0.1',
  }
}

it.each(['aster', 'aster-health', 'aster-storage', 'aster-relay', 'aster-log', 'aster-bind', 'aster-enrollment'])(
  'ignores the variables of a Service called %s, with one note for all',
  (service) => {
    const env = {
      ...linksOf(service, 7001, 'RPC'),
      ...linksOf('aster', 80, 'HTTP', 'udp'),
      ASTER_RELAY_MODE: 'disabled',
    }
    const config = AsterConfig.fromEnv(env)
    expect(config.relayMode).toBe('disabled')
    expect(config.warnings).toEqual([])
    expect(config.notes).toEqual([
      expect.stringMatching(/^"ASTER_\w+" and \d+ more: set by Kubernetes for a Service, and ignored$/),
    ])
    expect(config.withOptions({ relayMode: 'default' }).notes).toEqual(config.notes)
  },
)

it('takes no other variable for one of them', () => {
  for (const name of fieldNames) expect(isServiceLink(fields[name].env, 'x')).toBe(false)
  expect(() => AsterConfig.fromEnv({ ASTER_HEALTH_PORT: '8080' })).toThrow('there is no health server here')
  expect(() => AsterConfig.fromEnv({ ASTER_BIND_ADDR: 'tcp://10.0.0.1:80' })).toThrow('bindAddr (ASTER_BIND_ADDR)')
  expect(AsterConfig.fromEnv({ ASTER_SOMETHING_ELSE: '1' }).warnings).toHaveLength(1)
  expect(AsterConfig.fromEnv({}).notes).toEqual([])
})
