/** A mistake on the command line: whoever made it is shown how it is used. */
export class UsageError extends Error {}

/** Runs a program to its end. What fails is told on one line, without a stack: 2 is the exit code of a mistake of usage, else 1. */
export async function runProgram(main: () => Promise<void>, usage: string): Promise<void> {
  try {
    await main()
  } catch (error) {
    const isUsage =
      error instanceof UsageError ||
      (error instanceof TypeError && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS'))
    const message = error instanceof Error ? error.message : String(error)
    console.error(isUsage ? `${message}\n\n${usage}` : message)
    process.exitCode = isUsage ? 2 : 1
  }
}
