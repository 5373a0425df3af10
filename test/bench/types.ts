// What 500 methods of a user's own cost the compiler: the time that it checks, beside a program that has none of them.
import { ensureTypeScript } from '../../e2e/install.ts'
import { generateTypes } from '../../src/lexicon/generate-types.ts'
import { LIBRARY, manyMethods, PROGRAM } from '../types/many-methods.ts'
import { type CompilerVersion, createUserProject } from '../types/user-project.ts'
import { median } from './measure.ts'

const ROUNDS = 5
const VERSIONS: readonly CompilerVersion[] = ['7', '5.9']

await ensureTypeScript({ report: console.log })
const project = await createUserProject({
  'library.ts': LIBRARY,
  'types.ts': generateTypes(manyMethods(500)),
  'program.ts': PROGRAM,
})
try {
  for (const version of VERSIONS) {
    const without: number[] = []
    const typed: number[] = []
    for (let round = 0; round < ROUNDS; round++) {
      without.push((await project.measure(version, 'library.ts')).checkTime)
      typed.push((await project.measure(version, 'types.ts', 'program.ts')).checkTime)
    }
    const [before, after] = [median(without), median(typed)]
    console.log(
      `TypeScript ${version} checks 500 methods and 20 calls in ${after.toFixed(2)} s: ` +
        `${(after / before).toFixed(2)} times what it takes without (${before.toFixed(2)} s)`,
    )
  }
} finally {
  await project.remove()
}
