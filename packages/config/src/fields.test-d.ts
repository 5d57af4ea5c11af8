import { expectTypeOf } from 'vitest'
import {
  AsterConfig,
  type ConfigOptions,
  type FieldName,
  type LogFormat,
  type LogLevel,
  type RelayMode,
} from './index.ts'

const config = AsterConfig.from({})

// A getter returns the value, or the default; without a default it may return `undefined`.
expectTypeOf(config.endpointAddrs).toEqualTypeOf<readonly string[]>()
expectTypeOf(config.rootPubkey).toEqualTypeOf<string | undefined>()
expectTypeOf(config.rootPubkeyFile).toEqualTypeOf<string | undefined>()
expectTypeOf(config.enrollmentCredentialFile).toEqualTypeOf<string | undefined>()
expectTypeOf(config.enrollmentCredentialIid).toEqualTypeOf<string | undefined>()
expectTypeOf(config.secretKey).toEqualTypeOf<Uint8Array | undefined>()
expectTypeOf(config.identityFile).toEqualTypeOf<string | false | undefined>()
expectTypeOf(config.allowAllConsumers).toEqualTypeOf<boolean>()
expectTypeOf(config.storagePath).toEqualTypeOf<string | undefined>()
expectTypeOf(config.relayMode).toEqualTypeOf<RelayMode>()
expectTypeOf(config.relayToken).toEqualTypeOf<string | undefined>()
expectTypeOf(config.relayTimeoutMs).toEqualTypeOf<number>()
expectTypeOf(config.discovery).toEqualTypeOf<boolean | undefined>()
expectTypeOf(config.bindAddr).toEqualTypeOf<string | undefined>()
expectTypeOf(config.logFormat).toEqualTypeOf<LogFormat>()
expectTypeOf(config.logLevel).toEqualTypeOf<LogLevel>()
expectTypeOf(config.logMask).toEqualTypeOf<boolean>()
expectTypeOf(config.peerTtlS).toEqualTypeOf<number>()
expectTypeOf(config.connectTimeoutMs).toEqualTypeOf<number>()
expectTypeOf(config.callTimeoutMs).toEqualTypeOf<number | undefined>()
expectTypeOf<LogFormat>().toEqualTypeOf<'text' | 'json'>()
expectTypeOf<LogLevel>().toEqualTypeOf<'debug' | 'info' | 'warning' | 'error'>()

// The option of that name is not a getter, nor can a getter be set.
// @ts-expect-error endpointAddrs is the getter
void config.endpointAddr
// @ts-expect-error a configuration never changes
config.relayMode = 'disabled'

// An option may be left out or be undefined, and some take more than a getter returns.
expectTypeOf<{}>().toExtend<ConfigOptions>()
expectTypeOf<keyof ConfigOptions>().toEqualTypeOf<FieldName>()
expectTypeOf<ConfigOptions['endpointAddr']>().toEqualTypeOf<string | readonly string[] | undefined>()
expectTypeOf<ConfigOptions['rootPubkey']>().toEqualTypeOf<string | Uint8Array | undefined>()
expectTypeOf<ConfigOptions['secretKey']>().toEqualTypeOf<string | Uint8Array | undefined>()
expectTypeOf<ConfigOptions['allowAllConsumers']>().toEqualTypeOf<boolean | undefined>()
expectTypeOf<ConfigOptions['relayMode']>().toEqualTypeOf<RelayMode | undefined>()
expectTypeOf<ConfigOptions['logLevel']>().toEqualTypeOf<LogLevel | undefined>()
expectTypeOf<ConfigOptions['peerTtlS']>().toEqualTypeOf<number | undefined>()
