import { codecCompliance } from '@aster/compliance'
import { ForyCodec } from './index.ts'

codecCompliance('ForyCodec 0.16', () => new ForyCodec({ dialect: '0.16' }))
codecCompliance('ForyCodec 0.17', () => new ForyCodec({ dialect: '0.17' }))
codecCompliance('ForyCodec without generated code', () => new ForyCodec({ generateCode: false }))
