import { describeShown, isObject, nearest, quoted } from '@aster/rpc-core/schema'
import type { ConfigIssueOptions } from './config-error.ts'
import { type FieldName, fieldNames } from './fields.ts'

/**
 * Returns an issue for each unknown option of a client, a server or one of their methods, with the nearest known option. If the
 * unknown option is a setting of the configuration, the issue says so.
 *
 * @param known the names of all options
 */
export function findUnknownOptions(options: unknown, known: readonly string[]): readonly ConfigIssueOptions[] {
  if (!isObject(options)) {
    return [{ field: '', source: 'options', found: describeShown(options), expected: 'an object of options' }]
  }
  return Object.keys(options)
    .filter((name) => options[name] !== undefined && !known.includes(name))
    .map((name) => {
      const source = `option ${/^[\w-]{1,64}$/.test(name) ? name : quoted(name)}`
      return { field: name, source, found: 'an option that is not known', expected: expectedInstead(name, known) }
    })
}

function expectedInstead(name: string, known: readonly string[]): string {
  if (fieldNames.includes(name as FieldName)) {
    return `it in the configuration: config: AsterConfig.fromEnv().withOptions({ ${name} })`
  }
  return nearest(name, known) ?? longer(name, known) ?? `one of ${known.join(', ')}`
}

/** Returns the known option whose name begins with `name`, such as `timeoutMs` for `timeout`. */
function longer(name: string, known: readonly string[]): string | undefined {
  return name.length < 4 ? undefined : known.find((one) => one.toLowerCase().startsWith(name.toLowerCase()))
}
