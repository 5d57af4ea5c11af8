import { AsterError } from '../aster-error.ts'

/**
 * Checks the context of a decorator. Compilers with legacy decorators pass a name or nothing instead of a context.
 *
 * @param decorator its name, for the message
 * @throws AsterError if `context` is not the context of a standard decorator
 */
export function assertContext(decorator: string, context: unknown): void {
  if (typeof context === 'object' && context !== null) return
  throw new AsterError(
    `@${decorator}: expected a standard decorator's context, found a legacy decorator's call: remove experimentalDecorators from` +
      ' the compiler options (of SWC: legacyDecorator, of Babel: legacy), or use defineService and implement, which need no' +
      ' decorators',
  )
}
