import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { DIFFERENCES } from './differences.ts'
import { type ContractScene, openScene } from './scene.ts'
import { WORLDS } from './worlds.ts'

describe.each(WORLDS)('what differs, on %s', (_, open) => {
  let scene: ContractScene
  beforeAll(async () => {
    scene = await openScene(open)
  })
  afterAll(() => scene.world.close())

  test.each(DIFFERENCES)('$what', async ({ ask, ...answers }) => {
    expect(await ask(scene)).toBe(answers[scene.world.kind])
  })
})

test('nothing is listed that does not differ', () => {
  for (const { real, fake, why } of DIFFERENCES) {
    expect(real).not.toBe(fake)
    expect(why).not.toBe('')
  }
})
