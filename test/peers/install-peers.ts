import { ensurePeers } from '../../e2e/install.ts'

/** Installs the other libraries once for the whole run: its files would all begin at the same time. */
export const setup = (): Promise<void> => ensurePeers({ report: console.log })
