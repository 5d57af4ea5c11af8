import type { EnumDescription } from '@aster/description'
import { type AddChange, showJson, type Use } from './change.ts'

/** Adds the changes between the members of two versions of an enum. */
export function compareEnums(old: EnumDescription, now: EnumDescription, use: Use, add: AddChange): void {
  if (old.unknown !== now.unknown)
    add(now.name, `unknown ${showJson(old.unknown)} is now ${showJson(now.unknown)}`, [false, 'only readers have it'])
  const oldNames = old.members.map(({ name }) => name)
  const newNames = now.members.map(({ name }) => name)
  const stays = oldNames.every((name, i) => newNames[i] === name)
  now.members.forEach((member, i) => {
    const subject = `${now.name}.${member.name}`
    const at = oldNames.indexOf(member.name)
    const before = old.members[at]
    if (before === undefined) {
      const was = old.members[i]
      if (was !== undefined && was.value === member.value && !newNames.includes(was.name))
        add(subject, `was called ${was.name}`, [false, 'its place and its value stay'])
      else add(subject, 'added', addedMember(old, use, i >= oldNames.length && stays))
      return
    }
    if (at !== i && use.xlang)
      add(subject, `place ${at + 1} is now ${i + 1}`, [true, 'in XLANG a member is its place: peers read another one'])
    if (before.value !== member.value) {
      const change = `${showJson(before.value)} is now ${showJson(member.value)}`
      add(subject, change, use.json ? [true, 'JSON has the value'] : [false, 'XLANG has the place alone'])
    }
  })
  old.members.forEach((member, i) => {
    const next = now.members[i]
    const isRenamed = next !== undefined && next.value === member.value && !oldNames.includes(next.name)
    if (!newNames.includes(member.name) && !isRenamed)
      add(`${now.name}.${member.name}`, 'removed', [true, 'it cannot be read any more'])
  })
}

function addedMember(old: EnumDescription, use: Use, isLast: boolean): readonly [boolean, string] {
  if (use.xlang && !isLast)
    return [true, 'in XLANG a member is its place: peers read another one; add members at the end']
  if (old.unknown !== undefined) return [false, `older readers get ${showJson(old.unknown)} for it`]
  return [true, 'older readers cannot read it; declare the enum with { unknown } first']
}
