import { onTestFinished } from 'vitest'
import { createUserProject, type UserProject } from './user-project.ts'

/** A project of these files, which goes with the test. */
export async function userProject(files: Readonly<Record<string, string>>): Promise<UserProject> {
  const project = await createUserProject(files)
  onTestFinished(() => project.remove())
  return project
}
