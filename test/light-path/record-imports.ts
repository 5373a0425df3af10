import { registerHooks } from 'node:module'

/** Every module that was loaded in this process since this one, as a URL. */
export const loaded: string[] = []

registerHooks({
  load(url, context, nextLoad) {
    loaded.push(url)
    return nextLoad(url, context)
  },
})
