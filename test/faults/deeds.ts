import { aliceInTwoProcesses, type Scene } from './alice-in-two-processes.ts'
import { type Moment, momentsOf } from './steps.ts'

/** What somebody does with a session. */
export interface Deed {
  readonly title: string
  /** What comes first, unharmed. */
  readonly prepare?: (scene: Scene) => unknown
  run(scene: Scene): Promise<unknown>
}

/** One that its caller waits for, and may stop waiting for. */
export interface LeavableDeed extends Omit<Deed, 'run'> {
  run(scene: Scene, signal: AbortSignal): Promise<unknown>
}

/** Every moment of every deed, as a dry run tells them. */
export async function momentsOfDeeds<D extends LeavableDeed>(
  deeds: readonly D[],
): Promise<readonly (readonly [deed: D, moment: Moment])[]> {
  const found = deeds.map(async (deed) => {
    const scene = await aliceInTwoProcesses()
    await deed.prepare?.(scene)
    await scene.outlast(deed.run(scene, new AbortController().signal))
    return momentsOf(scene.here.steps.names).map((moment) => [deed, moment] as const)
  })
  return (await Promise.all(found)).flat()
}
