/** Where the end of a text is within JSON. */
export interface Place {
  /** Keys of objects, and indexes of lists. */
  readonly path: readonly (string | number)[]
  /** What comes next there. */
  readonly expects: 'key' | 'value' | 'other'
  /** What is typed of it, with its quote. */
  readonly fragment: string
  /** Keys that the object has already. */
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
  /** What is typed of a string or word that has no end. */
  readonly fragment: string
  readonly isInString: boolean
  /** Where each value at the top ends. */
  readonly ends: readonly number[]
}

/** Reads JSON as far as it goes; what is wrong with it, its parser says later. */
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

/** Finds where the end of a text is. */
export function locate(text: string): Place {
  const { levels, fragment } = scan(text)
  const level = levels.at(-1)
  const path = levels.slice(0, -1).map((one) => (one.isObject ? (one.key ?? '') : one.index))
  if (level === undefined) return { path, expects: 'other', fragment, keys: [] }
  const expects = level.expects === 'key' || level.expects === 'value' ? level.expects : 'other'
  const own = expects === 'value' ? [level.isObject ? (level.key ?? '') : level.index] : []
  return { path: [...path, ...own], expects, fragment, keys: level.keys }
}

/** Whether no bracket and no quote is open. */
export function isComplete(text: string): boolean {
  const { levels, isInString } = scan(text)
  return levels.length === 0 && !isInString
}

/** Cuts a text into the values of JSON in it. */
export function splitValues(text: string): readonly string[] {
  const { ends } = scan(text)
  const cuts = [0, ...ends, text.length]
  return cuts
    .slice(1)
    .map((end, i) => text.slice(cuts[i], end).trim())
    .filter((part) => part !== '')
}
