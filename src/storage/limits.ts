/** How deep a value may be. */
export const MAX_DEPTH = 32
