import { statSync } from 'node:fs'
import { AsterConfig } from '@aster/config'
import { credentialFindings, SecretKey } from '@aster/identity'
import { errorMessage, nearest } from '@aster/rpc-core/schema'
import { resolveIdentityFile } from '../files.ts'
import type { CommandIo } from '../io.ts'
import type { Finding, World } from './finding.ts'

/** The oldest version of Node that the packages support. */
const OLDEST_NODE = [20, 19] as const

export function lookAtNode({ nodeVersion }: World): Finding {
  const [major = 0, minor = 0] = nodeVersion.split('.').map(Number)
  const isOld = major < OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor < OLDEST_NODE[1])
  if (!isOld) return { name: 'Node', state: 'ok', found: nodeVersion }
  const wanted = OLDEST_NODE.join('.')
  return {
    name: 'Node',
    state: 'bad',
    found: `${nodeVersion}, and the packages need ${wanted} or later`,
    remedy: `install Node ${wanted} or later, and check that node --version prints it`,
  }
}

/** Variables of the project that are not settings of a consumer or producer. */
const OTHER_VARIABLES = ['ASTER_IROH_BINDING', 'ASTER_PYTHON', 'ASTER_CLI_PYTHON', 'ASTER_INTEROP_PYTHON']

const SETTINGS: readonly string[] = [
  'ENDPOINT_ADDR',
  'ROOT_PUBKEY',
  'ROOT_PUBKEY_FILE',
  'ENROLLMENT_CREDENTIAL',
  'ENROLLMENT_CREDENTIAL_IID',
  'SECRET_KEY',
  'IDENTITY_FILE',
  'ALLOW_ALL_CONSUMERS',
  'STORAGE_PATH',
  'RELAY_MODE',
  'RELAY_TOKEN',
  'RELAY_TIMEOUT_MS',
  'DISCOVERY',
  'BIND_ADDR',
  'DEAD_PEER_MS',
  'LOG_FORMAT',
  'LOG_LEVEL',
  'LOG_MASK',
  'PEER_TTL_S',
  'CONNECT_TIMEOUT_MS',
  'CALL_TIMEOUT_MS',
].map((name) => `ASTER_${name}`)

/** Finds misspelt variables, which are ignored everywhere else. */
export function lookAtVariables({ env }: CommandIo): readonly Finding[] {
  const known = [...SETTINGS, ...OTHER_VARIABLES]
  return Object.keys(env).flatMap((variable): Finding[] => {
    if (!variable.startsWith('ASTER_') || known.includes(variable)) return []
    const meant = nearest(variable, SETTINGS)
    if (meant === undefined) return []
    const found = `there is no setting ${variable}; it is ignored`
    return [{ name: 'environment', state: 'odd', found, remedy: `did you mean ${meant}?` }]
  })
}

/** Reports the path of the identity file and whether other users may read it. */
export function lookAtIdentityFile(io: CommandIo, option: string | undefined): Finding {
  const name = 'identity file'
  let file
  try {
    file = resolveIdentityFile(io, '--identity', option)
  } catch (error) {
    return { name, state: 'bad', found: errorMessage(error), remedy: 'name a file that can be read' }
  }
  const isNamed = option !== undefined || Boolean(io.env['ASTER_IDENTITY_FILE'])
  const by = option !== undefined ? '--identity' : isNamed ? 'ASTER_IDENTITY_FILE' : 'looked for by default'
  if (!file.exists) {
    const found = `${file.path} is not there (${by})`
    if (!isNamed)
      return { name, state: 'ok', found: `none: ${found}; a new key is made for each run, and no credential is sent` }
    const remedy = 'correct the path, which is relative to the working folder, or make the file: aster keygen node'
    return { name, state: 'bad', found, remedy }
  }
  const mode = process.platform === 'win32' ? 0 : statSync(file.path).mode & 0o077
  if (mode !== 0)
    return {
      name,
      state: 'odd',
      found: `${file.path} (${by}) can be read by other users`,
      remedy: `chmod 600 ${file.name}`,
    }
  return { name, state: 'ok', found: `${file.path} (${by})` }
}

type Settings = ReturnType<typeof AsterConfig.forConsumer>

const CREDENTIAL_REMEDIES = {
  expired: 'enroll this consumer again: aster enroll consumer --force',
  'other-endpoint':
    'use the identity file that the credential was made for, or enroll this node: aster enroll consumer --endpoint-id ID',
  'bad-signature': 'the file was changed or cut; enroll this consumer again: aster enroll consumer --force',
  'other-root': 'ask who keeps that root key for a credential, or correct ASTER_ROOT_PUBKEY',
} as const

export function lookAtCredential(settings: Settings, io: CommandIo): readonly Finding[] {
  const { credential, credentialFile, rootPubkey, config } = settings
  const name = 'credential'
  if (credential === undefined)
    return [{ name, state: 'ok', found: 'none: only producers with an open gate admit this consumer' }]
  const endpointId = config.secretKey && new SecretKey(config.secretKey).publicKey
  const findings = credentialFindings(credential, { now: io.now(), endpointId, rootPubkey })
  if (findings.length === 0) {
    const until = new Date(Number(credential.expiresAt) * 1000).toISOString()
    return [{ name, state: 'ok', found: `of ${credentialFile ?? 'the configuration'}, until ${until}` }]
  }
  return findings.map(({ kind, message }) => ({
    name,
    state: 'bad',
    found: message,
    remedy: CREDENTIAL_REMEDIES[kind],
  }))
}
