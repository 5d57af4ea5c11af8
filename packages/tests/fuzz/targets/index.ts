import type { Target } from '../engine/target.ts'
import { addresses, irohTickets, nodeAddrLines, ticketBytes, tickets } from './addresses.ts'
import { admissionAnswers, admissionRequests } from './admission.ts'
import { foryDecode, jsonDecode, roundTrip } from './codecs.ts'
import { environment, options, toml } from './config.ts'
import { frames } from './frames.ts'
import { attributes, credentials, identityFiles } from './identity.ts'
import { requestStreams, responseStreams, statuses } from './streams.ts'
import { zstd } from './zstd.ts'

export const targets: readonly Target[] = [
  frames,
  foryDecode,
  jsonDecode,
  roundTrip,
  zstd,
  statuses,
  tickets,
  ticketBytes,
  irohTickets,
  nodeAddrLines,
  addresses,
  identityFiles,
  credentials,
  attributes,
  admissionRequests,
  admissionAnswers,
  toml,
  environment,
  options,
  requestStreams,
  responseStreams,
]
