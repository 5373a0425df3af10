import { expect, test } from 'vitest'
import { generateTypes } from '../../src/lexicon/generate-types.ts'
import { LIBRARY, manyMethods, PROGRAM } from './many-methods.ts'
import { userProject } from './scene.ts'
import type { CompilerVersion } from './user-project.ts'

const BUDGET = 50_000
const documents = manyMethods(500)

test.each<CompilerVersion>(['7', '5.9'])(
  'with TypeScript %s 500 methods cost at most 50,000 type instantiations, with a program that calls 20 of them too',
  async (version) => {
    const types = generateTypes(documents)
    expect(types.match(/^ {4}'com\.example\.s\d+\.method\d+': /gmu)).toHaveLength(500)
    const files = { 'empty.ts': 'export {}\n', 'types.ts': types, 'library.ts': LIBRARY, 'program.ts': PROGRAM }
    const project = await userProject(files)
    const count = async (...names: readonly string[]) => (await project.measure(version, ...names)).instantiations
    const empty = await count('empty.ts')
    const typed = await count('types.ts')
    const library = await count('types.ts', 'library.ts')
    const called = await count('types.ts', 'program.ts')
    expect(typed - empty).toBeLessThanOrEqual(BUDGET / 100)
    expect(called - empty).toBeLessThanOrEqual(BUDGET)
    // A call looks at its own method, however many there are.
    expect(called - library).toBeLessThanOrEqual(BUDGET / 10)
  },
)
