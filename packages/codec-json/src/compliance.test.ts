import { codecCompliance } from '@aster/compliance'
import { JsonCodec } from './index.ts'

codecCompliance('JsonCodec', () => new JsonCodec(), { bounded: (maxValues) => new JsonCodec({ maxValues }) })
codecCompliance("JsonCodec with missing: 'default'", () => new JsonCodec({ missing: 'default' }), {
  except: { 'refuses a message of another definition': 'a field that was left out is taken for its default' },
})
