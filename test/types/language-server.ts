import { fileURLToPath } from 'node:url'
import { converse } from './converse.ts'
import { COMPILERS, type CompilerVersion } from './user-project.ts'

const OLDER = fileURLToPath(new URL('typescript-5.9/node_modules/typescript/lib/tsserver.js', import.meta.url))

/** The language service that editors talk to. */
export interface LanguageServer {
  /** Shows it a file of the disk as an editor would that has it open, with another text. */
  open(file: string, text: string): void
  /** The names that it offers at a place of an open file, both counted from 1. */
  complete(file: string, line: number, offset: number): Promise<readonly string[]>
  /** What it shows of what stands at a place of an open file. */
  describe(file: string, line: number, offset: number): Promise<string>
}

/** Starts that of a compiler, for a project in a folder. It ends with the test. */
export const languageServer = (version: CompilerVersion, folder: string): Promise<LanguageServer> =>
  version === '7' ? nativeServer(folder) : Promise.resolve(olderServer())

/** TypeScript 5.9 has a protocol of its own. */
function olderServer(): LanguageServer {
  const { ask, send } = converse<{ body?: OlderAnswer }>({
    args: [OLDER, '--disableAutomaticTypingAcquisition'],
    question: (id, command, given) =>
      `${JSON.stringify({ seq: id, type: 'request', command, arguments: given })}\n`,
    idOf: (message) => message['request_seq'],
  })
  return {
    open(file, text) {
      send('close', { file })
      send('open', { file, fileContent: text })
    },
    async complete(file, line, offset) {
      const { body } = await ask('completionInfo', { file, line, offset })
      return body?.entries?.map(({ name }) => name) ?? []
    },
    async describe(file, line, offset) {
      const { body } = await ask('quickinfo', { file, line, offset })
      return `${body?.displayString}\n${body?.documentation}`
    },
  }
}

interface OlderAnswer {
  readonly entries?: readonly { readonly name: string }[]
  readonly displayString?: string
  readonly documentation?: string
}

/** TypeScript 7 speaks the Language Server Protocol, which counts from 0. */
async function nativeServer(folder: string): Promise<LanguageServer> {
  const { ask, send } = converse<{ result?: NativeAnswer | null }>({
    args: [COMPILERS['7'], '--lsp', '--stdio'],
    question: (id, method, params) => frame({ id, method, params }),
    remark: (method, params) => frame({ method, params }),
    // What it asks itself, such as for settings, is answered with nothing.
    answer: (id) => frame({ id, result: null }),
    idOf: (message) => message['id'],
  })
  const at = (file: string, line: number, offset: number) => ({
    textDocument: { uri: uri(file) },
    position: { line: line - 1, character: offset - 1 },
  })
  const capabilities = { textDocument: { hover: { contentFormat: ['plaintext'] } } }
  await ask('initialize', { processId: process.pid, rootUri: uri(folder), capabilities })
  send('initialized', {})
  const opened = new Set<string>()
  return {
    open(file, text) {
      if (opened.has(file)) send('textDocument/didClose', { textDocument: { uri: uri(file) } })
      opened.add(file)
      send('textDocument/didOpen', {
        textDocument: { uri: uri(file), languageId: 'typescript', version: 1, text },
      })
    },
    async complete(file, line, offset) {
      const { result } = await ask('textDocument/completion', at(file, line, offset))
      // An optional one is shown with a question mark.
      return result?.items?.map(({ label }) => label.replace(/\?$/u, '')) ?? []
    },
    async describe(file, line, offset) {
      const { result } = await ask('textDocument/hover', at(file, line, offset))
      return result?.contents?.value ?? ''
    },
  }
}

interface NativeAnswer {
  readonly items?: readonly { readonly label: string }[]
  readonly contents?: { readonly value: string }
}

const uri = (file: string): string => `file://${file}`

function frame(message: object): string {
  const text = JSON.stringify({ jsonrpc: '2.0', ...message })
  return `Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`
}
