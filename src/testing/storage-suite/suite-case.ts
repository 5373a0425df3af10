import type { Scene } from './scene.ts'

/** A case before it has its hooks. */
export interface SuiteCase {
  /** A sentence about what an engine does. */
  readonly title: string
  readonly run: (scene: Scene) => Promise<void>
}
