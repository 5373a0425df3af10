/** What a document says of a definition or a field, for whoever reads it in an editor. */
export interface Documented {
  readonly description?: string | undefined
  readonly default?: unknown
}

/** The comment above a type or a field, with the line's end; nothing where there is nothing to say. */
export function docComment({ description = '', default: preset }: Documented): string {
  const lines = tame(description)
    // Lexicons have no field for it: their authors begin with the word.
    .replace(/^deprecated\b[\s:.,-]*/iu, '@deprecated ')
    .split(/\r\n|[\n\r\u2028\u2029]/u)
    .map((line) => line.trimEnd())
  if (preset !== undefined) lines.push(`@default ${tame(JSON.stringify(preset))}`)
  const said = lines.slice(lines.findIndex((line) => line !== ''))
  while (said.at(-1) === '') said.pop()
  if (said.length === 0) return ''
  return said.length === 1
    ? `/** ${said[0]} */\n`
    : `/**\n${said.map((line) => ` * ${line}`.trimEnd()).join('\n')}\n */\n`
}

/** Words alone: nothing that ends the comment, is an order to the compiler, turns the direction, or is no character. */
function tame(text: string): string {
  return text
    .toWellFormed()
    .replaceAll(/[\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069]/gu, '')
    .replaceAll('*/', String.raw`*\/`)
    .replaceAll('@ts-', '@ ts-')
}
