import { parseReport, type TaskReport } from './storage-task.ts'

/** What a process said, line by line. A last line without its end is none: the process was killed within it. */
export async function* readReports(output: AsyncIterable<string | Uint8Array>): AsyncGenerator<TaskReport, void> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const piece of output) {
    const lines = (rest + (typeof piece === 'string' ? piece : decoder.decode(piece, { stream: true }))).split(
      '\n',
    )
    rest = lines.pop() ?? ''
    for (const line of lines) {
      const report = parseReport(line.trimEnd())
      if (report) yield report
    }
  }
}
