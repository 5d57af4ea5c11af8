// Finds the text that an editor shows for each name that a file exports. A program: the folder of a project and a file in it. Prints what
// is shown, as JSON by name.
import { join } from 'node:path'
import { argv, stdout } from 'node:process'
import ts from 'typescript-oldest'

const [folder, name] = argv.slice(2)
const file = join(folder, name)
const { config } = ts.readConfigFile(join(folder, 'tsconfig.json'), (path) => ts.sys.readFile(path))
const { options } = ts.parseJsonConfigFileContent(config, ts.sys, folder)

const service = ts.createLanguageService({
  getScriptFileNames: () => [file],
  getScriptVersion: () => '1',
  getScriptSnapshot: (path) => {
    const text = ts.sys.readFile(path)
    return text === undefined ? undefined : ts.ScriptSnapshot.fromString(text)
  },
  getCurrentDirectory: () => folder,
  getCompilationSettings: () => options,
  getDefaultLibFileName: (given) => ts.getDefaultLibFilePath(given),
  fileExists: (path) => ts.sys.fileExists(path),
  readFile: (path) => ts.sys.readFile(path),
  directoryExists: (path) => ts.sys.directoryExists(path),
  getDirectories: (path) => ts.sys.getDirectories(path),
  realpath: (path) => ts.sys.realpath(path),
})
const shown = {}
for (const match of ts.sys.readFile(file).matchAll(/^export (?:declare )?(?:const|type) (\w+)/gm)) {
  const info = service.getQuickInfoAtPosition(file, match.index + match[0].length - 1)
  shown[match[1]] = ts.displayPartsToString(info?.displayParts)
}
stdout.write(JSON.stringify(shown))
