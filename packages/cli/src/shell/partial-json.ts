/** The position of the end of an incomplete JSON text. */
export interface Place {
  /** The keys of objects and indexes of lists that lead there. */
  readonly path: readonly (string | number)[]
  /** The kind of token that comes next. */
  readonly expects: 'key' | 'value' | 'other'
  /** The part of the token that is typed already, with its quote. */
  readonly fragment: string
  /** The keys that the object has already. */
  readonly keys: readonly string[]
}

interface Level {
  readonly isObject: boolean
  readonly keys: string[]
  key: string | undefined
  index: number
  expects: 'key' | 'colon' | 'value' | 'comma'
}

interface Scan {
  readonly levels: readonly Level[]
  /** The typed part of a string or word that has not ended. */
  readonly fragment: string
  readonly isInString: boolean
  /** The index after each value at the top level. */
  readonly ends: readonly number[]
}

/** Scans JSON up to the end of the text. It ignores mistakes, which the parser reports later. */
function scan(text: string): Scan {
  const levels: Level[] = []
  const ends: number[] = []
  let at = 0
  const finish = (value: string | undefined): void => {
    const level = levels.at(-1)
    if (level === undefined) ends.push(at)
    else if (level.isObject && level.expects === 'key') {
      level.key = value ?? ''
      level.keys.push(level.key)
      level.expects = 'colon'
    } else level.expects = 'comma'
  }
  while (at < text.length) {
    const character = text[at] ?? ''
    const level = levels.at(-1)
    if (character === '"') {
      const [found] = /^"(?:[^"\\]|\\.)*"/s.exec(text.slice(at)) ?? []
      if (found === undefined) return { levels, ends, fragment: text.slice(at), isInString: true }
      at += found.length
      finish(found.slice(1, -1))
    } else if (character === '{' || character === '[') {
      const isObject = character === '{'
      levels.push({ isObject, keys: [], key: undefined, index: 0, expects: isObject ? 'key' : 'value' })
      at += 1
    } else if (character === '}' || character === ']') {
      levels.pop()
      at += 1
      finish(undefined)
    } else if (character === ':' && level !== undefined) {
      level.expects = 'value'
      at += 1
    } else if (character === ',' && level !== undefined) {
      level.index += 1
      level.expects = level.isObject ? 'key' : 'value'
      at += 1
    } else if (/\s/.test(character)) at += 1
    else {
      const [word = character] = /^[^\s"{}[\]:,]+/.exec(text.slice(at)) ?? []
      if (at + word.length === text.length && level !== undefined)
        return { levels, ends, fragment: word, isInString: false }
      at += word.length
      finish(undefined)
    }
  }
  return { levels, ends, fragment: '', isInString: false }
}

/** Returns the position of the end of a text within its JSON. */
export function locate(text: string): Place {
  const { levels, fragment } = scan(text)
  const level = levels.at(-1)
  const path = levels.slice(0, -1).map((one) => (one.isObject ? (one.key ?? '') : one.index))
  if (level === undefined) return { path, expects: 'other', fragment, keys: [] }
  const expects = level.expects === 'key' || level.expects === 'value' ? level.expects : 'other'
  const own = expects === 'value' ? [level.isObject ? (level.key ?? '') : level.index] : []
  return { path: [...path, ...own], expects, fragment, keys: level.keys }
}

/** Whether every bracket and quote is closed. */
export function isComplete(text: string): boolean {
  const { levels, isInString } = scan(text)
  return levels.length === 0 && !isInString
}

/** Splits a text into the JSON values that it contains. */
export function splitValues(text: string): readonly string[] {
  const { ends } = scan(text)
  const cuts = [0, ...ends, text.length]
  return cuts
    .slice(1)
    .map((end, i) => text.slice(cuts[i], end).trim())
    .filter((part) => part !== '')
}
