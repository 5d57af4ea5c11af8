import { choice } from './kinds/choice.ts'
import { flag } from './kinds/flag.ts'
import { integer } from './kinds/integer.ts'
import type { Kind } from './kinds/kind.ts'
import { text } from './kinds/text.ts'

/**
 * A setting of the Python package that this package cannot honour. If it is set, the issue has a reason.
 * See quirk 29 of docs/python-0.1.md.
 */
export interface Refused {
  readonly env?: string
  readonly toml?: readonly [section: string, key: string]
  readonly kind: Kind<unknown>
  /** The one value that asks for the behaviour that Aster has anyway, as it is written. */
  readonly accepts?: string | number | boolean
  readonly reason: string
}

const iroh = '@number0/iroh 1.1.0'
const noMesh = 'there is no mesh of producers here'

const network = (name: string, kind: Kind<unknown>, rest: Pick<Refused, 'accepts' | 'reason'>): Refused => ({
  env: `ASTER_${name.toUpperCase()}`,
  toml: ['network', name],
  kind,
  ...rest,
})
const off = (name: string, reason: string): Refused => network(name, flag(), { accepts: false, reason })
const mesh = (env: string, reason = noMesh): Refused => ({ env, kind: text('nothing'), reason })

/** The refused settings, by the names that their options would have. */
export const refused: Readonly<Record<string, Refused>> = {
  allowAllProducers: {
    env: 'ASTER_ALLOW_ALL_PRODUCERS',
    toml: ['trust', 'allow_all_producers'],
    kind: flag(),
    accepts: true,
    reason: `${noMesh}, so there is no admission of producers`,
  },
  portmapperConfig: network('portmapper_config', choice('enabled', 'disabled'), {
    accepts: 'enabled',
    reason: `${iroh} has no way to turn the port mapper off`,
  }),
  proxyUrl: network('proxy_url', text('a URL'), { reason: `${iroh} takes no proxy` }),
  proxyFromEnv: off('proxy_from_env', `${iroh} takes no proxy`),
  enableMonitoring: off('enable_monitoring', 'nothing here monitors the endpoint'),
  enableHooks: off('enable_hooks', `${iroh} has no hooks`),
  hookTimeoutMs: network('hook_timeout_ms', integer('milliseconds', 0, 2 ** 31 - 1), {
    accepts: 5000,
    reason: `${iroh} has no hooks`,
  }),
  clearIpTransports: off('clear_ip_transports', `${iroh} has no way to work without IP`),
  clearRelayTransports: off('clear_relay_transports', 'relays are turned off by relay mode disabled'),
  localDiscovery: off('local_discovery', `${iroh} has no local discovery`),
  serviceAddress: mesh('ASTER_SERVICE_ADDRESS'),
  enrollment: mesh('ASTER_ENROLLMENT', `${noMesh}; a consumer's credential goes into ASTER_ENROLLMENT_CREDENTIAL`),
  meshStateDir: mesh('ASTER_MESH_STATE_DIR'),
  clockDriftToleranceMs: mesh('ASTER_CLOCK_DRIFT_TOLERANCE_MS'),
  replayWindowMs: mesh('ASTER_REPLAY_WINDOW_MS'),
  gracePeriodMs: mesh('ASTER_GRACE_PERIOD_MS'),
  healthPort: mesh('ASTER_HEALTH_PORT', 'there is no health server here'),
  healthHost: mesh('ASTER_HEALTH_HOST', 'there is no health server here'),
  alpns: mesh('ASTER_ALPNS', 'the protocols are fixed'),
  rootKey: mesh('ASTER_ROOT_KEY', 'nothing reads it; the public key goes into ASTER_ROOT_PUBKEY'),
  rootKeyFile: {
    env: 'ASTER_ROOT_KEY_FILE',
    toml: ['trust', 'root_key_file'],
    kind: text('nothing'),
    reason: 'nothing reads it; the file of the public key goes into ASTER_ROOT_PUBKEY_FILE, [trust] root_pubkey_file',
  },
}

/**
 * Variables that are not settings, and are accepted with any value: one of the Python package that has no meaning outside of
 * Python, and one that the transport over iroh reads itself.
 */
export const ignoredVariables: readonly string[] = ['ASTER_NO_UVLOOP', 'ASTER_IROH_BINDING']
