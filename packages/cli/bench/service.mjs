import { AsterConfig } from '@aster/config'
import { defineService, t, unary } from '@aster/client'

const Request = t.struct('bench/Request', { text: t.string, count: t.int })
const Reply = t.struct('bench/Reply', { text: t.string, count: t.int })
export const Bench = defineService({ name: 'Bench', methods: { echo: unary(Request, Reply) } })

/** Keeps all traffic on this machine. */
export const LOCAL = { ASTER_RELAY_MODE: 'disabled', ASTER_BIND_ADDR: '127.0.0.1:0', ASTER_LOG_LEVEL: 'error' }
export const config = AsterConfig.fromEnv(LOCAL)
