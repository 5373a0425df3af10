/** The element of the page that a module works with. One that is not there is a mistake in index.html. */
export function find<E extends Element>(selector: string, kind: new () => E, within: ParentNode = document): E {
  const found = within.querySelector(selector)
  if (!(found instanceof kind)) throw new Error(`index.html has no ${kind.name} "${selector}"`)
  return found
}

/** A copy of the first element of a template. */
export function copyOf(template: string): HTMLElement {
  const { firstElementChild } = find(`template#${template}`, HTMLTemplateElement).content
  if (!(firstElementChild instanceof HTMLElement)) throw new Error(`the template ${template} is empty`)
  return document.importNode(firstElementChild, true)
}

/** Tells a screen reader what has just happened. */
export function announce(text: string): void {
  find('#status', HTMLElement).textContent = text
}
