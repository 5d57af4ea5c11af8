// The packages of the binaries are published beside @aster/iroh-native, and are in no registry while one works on it: only
// the packed manifest names them, so that an installation of the workspace does not look for them.
const NATIVE = '@aster/iroh-native'

module.exports = {
  hooks: {
    async beforePacking(manifest) {
      if (manifest.name !== NATIVE) return manifest
      const { platformDependencies } = await import('./scripts/lib/native-platforms.mjs')
      return { ...manifest, optionalDependencies: platformDependencies(manifest.version) }
    },
  },
}
