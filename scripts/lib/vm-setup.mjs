// Runs before each file of `pnpm test:vm`.
if (AbortSignal.abort().reason instanceof Error)
  throw new Error('expected a context of node:vm, found the realm of Node')

// Node 20 adds these symbols to its own realm alone; Jest hands them on to its contexts in the same way.
for (const name of ['dispose', 'asyncDispose']) {
  if (!(name in Symbol)) Object.defineProperty(Symbol, name, { value: Symbol.for(`Symbol.${name}`) })
}
