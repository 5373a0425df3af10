/** A text as a literal. */
export function quote(text: string): string {
  return `'${JSON.stringify(text)
    .slice(1, -1)
    .replaceAll("'", String.raw`\'`)
    .replaceAll(String.raw`\"`, '"')
    .replaceAll(UNSEEN, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)}'`
}

// What ends a line, turns its direction, or is not seen: named one by one, so that every runtime has the same ones.
const UNSEEN = /[\u007F-\u009F\u061C\u200B-\u200F\u2028-\u202E\u2060-\u206F\uFEFF]/gu

/** A name as a property has it. */
export function quoteName(name: string): string {
  return /^[A-Za-z_$][\w$]*$/u.test(name) ? name : quote(name)
}

/** Types beside each other; none of them is a type that nothing has. */
export function unite(types: readonly string[]): string {
  return types.join(' | ') || 'never'
}

export function indent(text: string): string {
  return text.replaceAll(/^(?=.)/gmu, '  ')
}
