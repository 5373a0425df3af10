import type { RunnerTask, TestProject } from 'vitest/node'
import { CASES_IN_ALL, FACTOR, PATH, SEED } from './cases.ts'

/** Says at the end how many cases were run, and fails where a whole run had too few. */
export function setup(project: TestProject): () => Promise<void> {
  return async () => {
    const files = project.vitest.state.getFiles().filter(({ projectName }) => projectName === project.name)
    const tests = files.flatMap(testsOf)
    const cases = tests.reduce((sum, { meta }) => sum + (meta.cases ?? 0), 0)
    console.log(`fuzz: ${cases.toLocaleString('en')} cases of ${tests.length} properties held, seed ${SEED}`)
    const { testFiles } = await project.globTestFiles()
    const isWhole = files.length === testFiles.length && tests.every(({ result }) => result?.state === 'pass')
    if (isWhole && PATH === undefined && FACTOR >= 1 && cases < CASES_IN_ALL) {
      throw new Error(`${cases} cases are fewer than ${CASES_IN_ALL}`)
    }
  }
}

function testsOf(task: RunnerTask): RunnerTask[] {
  return 'tasks' in task ? task.tasks.flatMap(testsOf) : [task]
}
