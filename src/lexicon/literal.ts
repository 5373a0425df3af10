/** A text as a literal. */
export function quote(text: string): string {
  return `'${JSON.stringify(text)
    .slice(1, -1)
    .replaceAll("'", String.raw`\'`)
    .replaceAll(String.raw`\"`, '"')}'`
}

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
