import { ensureTypeScript } from '../../e2e/install.ts'

/** Installs the older compiler once for the whole run: its files would all begin at the same time. */
export const setup = (): Promise<void> => ensureTypeScript({ report: console.log })
