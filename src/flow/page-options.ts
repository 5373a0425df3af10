import { wrongArgument } from '../errors/wrong-argument.ts'
import { DISPLAYS, LANGUAGE, type PageOptions, RESPONSE_MODES } from './authorization-parameters.ts'

/**
 * Looks closely at what an app asks of the consent page.
 *
 * @returns the same wishes, the languages as tags
 * @throws TypeError for what is no language, for an empty list of prompts, and for a display or response mode that there
 *   is not
 */
export function readPageOptions({ prompt, locale, display, responseMode }: PageOptions): PageOptions {
  assertOneOf('display', display, DISPLAYS)
  assertOneOf('responseMode', responseMode, RESPONSE_MODES)
  if (Array.isArray(prompt) && prompt.length === 0) {
    throw wrongArgument('prompt', 'a prompt, or a list with one at least', prompt)
  }
  return { prompt, locale: readLocales(locale), display, responseMode }
}

function assertOneOf(field: string, value: string | undefined, values: readonly string[]): void {
  if (value !== undefined && !values.includes(value))
    throw wrongArgument(field, `one of ${values.join(', ')}`, value)
}

function readLocales(locale: PageOptions['locale']): readonly string[] | undefined {
  if (locale === undefined || locale === '') return undefined
  if (typeof locale === 'string' && /[,;*]/.test(locale)) return parseAcceptLanguage(locale)
  const tags = typeof locale === 'string' ? locale.split(' ') : [...locale]
  try {
    Intl.getCanonicalLocales(tags)
  } catch {
    throw wrongArgument('locale', 'language tags such as de or fr-CH', tags.join(' '))
  }
  return tags
}

/** The languages of an `Accept-Language` header, best first. What is none there is a stranger's mistake, and left out. */
function parseAcceptLanguage(header: string): readonly string[] {
  const ranges = header.split(',', 20).map((part) => {
    const [tag = '', ...parameters] = part.split(';').map((text) => text.trim())
    const quality = Number(parameters.find((text) => text.startsWith('q='))?.slice(2) ?? 1)
    return { tag, quality }
  })
  const usable = ranges.filter(({ tag, quality }) => LANGUAGE.test(tag) && quality > 0)
  return usable.toSorted((a, b) => b.quality - a.quality).map(({ tag }) => tag)
}
