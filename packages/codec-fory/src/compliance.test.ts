import { codecCompliance } from '@aster/compliance'
import { ForyCodec } from './index.ts'

codecCompliance('ForyCodec 0.16', () => new ForyCodec({ dialect: '0.16' }), {
  bounded: (maxValues) => new ForyCodec({ dialect: '0.16', maxValues }),
})
codecCompliance('ForyCodec 0.17', () => new ForyCodec({ dialect: '0.17' }), {
  bounded: (maxValues) => new ForyCodec({ dialect: '0.17', maxValues }),
})
codecCompliance('ForyCodec without generated code', () => new ForyCodec({ generateCode: false }), {
  bounded: (maxValues) => new ForyCodec({ generateCode: false, maxValues }),
})
