import { resolveTxt } from '#runtime'

/** The DNS of this machine, where the runtime can ask it. */
export const systemResolveTxt: typeof resolveTxt = resolveTxt
