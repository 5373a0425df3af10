import type { Dirent } from 'node:fs'
import { readdir, readFile, stat } from 'node:fs/promises'
import { join, sep } from 'node:path'
import type { DocumentFile } from '../lexicon/check-documents.ts'
import type { DocumentProblem } from '../lexicon/problem.ts'
import { CommandFailure } from './print.ts'
import { reasonOf } from './reason-of.ts'

/** What a folder holds. */
export interface ReadDocuments {
  readonly files: readonly DocumentFile[]
  /** The files that cannot be read, or are no JSON. */
  readonly problems: readonly DocumentProblem[]
  /** Folders that were passed by, as their links could lead in a circle. */
  readonly linkedFolders: readonly string[]
}

/**
 * Reads every .json file below a folder, in the order of their paths: links to files too, not what is in node_modules or
 * hidden.
 *
 * @throws CommandFailure where there is no such folder, or it or one in it cannot be read
 */
export async function readDocuments(folder: string): Promise<ReadDocuments> {
  const linkedFolders: string[] = []
  const files: DocumentFile[] = []
  const problems: DocumentProblem[] = []
  for (const path of await listFiles(folder, linkedFolders)) {
    // With the same slashes on every system.
    const file = path.replaceAll(sep, '/')
    const problem = { file, definition: undefined, path: [] }
    try {
      const text = await readFile(path, 'utf8')
      files.push({ file, content: JSON.parse(text.replace(/^\uFEFF/u, '')) })
    } catch (error) {
      problems.push(
        error instanceof SyntaxError
          ? { ...problem, expected: 'JSON', found: `a mistake${describeMistake(error)}` }
          : { ...problem, expected: 'a file that can be read', found: `one that cannot: ${reasonOf(error)}` },
      )
    }
  }
  return { files, problems, linkedFolders }
}

/** What the parser says, the place first where it names one. */
function describeMistake({ message }: SyntaxError): string {
  const place = / in JSON at position \d+ (?:\(line (\d+) column (\d+)\))?$/u.exec(message)
  const says = message.slice(0, place?.index).replaceAll(/[\s\p{C}]+/gu, ' ')
  return `${place?.[1] ? ` in line ${place[1]}, column ${place[2]}` : ''}: ${says}`
}

async function listFiles(folder: string, linkedFolders: string[]): Promise<readonly string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
    throw new CommandFailure(`the folder ${folder} cannot be read: ${reasonOf(error)}`)
  })
  const files: string[] = []
  for (const entry of entries) {
    const path = join(folder, entry.name)
    if (entry.name.startsWith('.') || entry.name === 'node_modules') continue
    const kind = entry.isSymbolicLink() ? await followLink(path, entry) : entry
    if (entry.isDirectory()) files.push(...(await listFiles(path, linkedFolders)))
    else if (kind.isDirectory()) linkedFolders.push(path)
    // A pipe would never end. A link that leads nowhere says so when it is read.
    else if (entry.name.endsWith('.json') && (kind.isFile() || kind.isSymbolicLink())) files.push(path)
  }
  return files.toSorted()
}

type Kind = Pick<Dirent, 'isDirectory' | 'isFile' | 'isSymbolicLink'>

/** What a link leads to; the link itself where that is nothing. */
async function followLink(path: string, link: Kind): Promise<Kind> {
  return stat(path).catch(() => link)
}
