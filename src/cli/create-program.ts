import { Command, CommanderError } from 'commander'
import { readFile } from 'node:fs/promises'
import { CommandFailure, type Print } from './print.ts'
import { writeTypes } from './write-types.ts'

/** The command line of `atproof`. */
export interface Program {
  /** Runs what the arguments say, and gives the exit code. */
  run(args: readonly string[]): Promise<number>
}

const EXAMPLE = `
Example:
  $ npx atproof types lexicons --out src/lexicons.ts

  reads every .json file below lexicons/, and writes one file of types. Once that file is part of your program,
  client.get('com.example.getThings') completes and compiles. Commit it, and run the same with --check in CI.
  Documents of others that yours refer to belong in the folder, too. Only com.atproto is built in, and passed by.`

/** Puts the commands together. Nothing runs before `run`. */
export function createProgram(print: Print): Program {
  return {
    async run(args) {
      let code = 0
      const program = new Command('atproof')
        .description('The command line of atproof, an AT Protocol client.')
        .version(await readVersion())
        .exitOverride()
        .showHelpAfterError('(atproof --help says more)')
        .configureOutput({
          writeOut: (text) => print.out(text.trimEnd()),
          writeErr: (text) => print.error(text.trimEnd()),
        })
      program
        .command('types')
        .description('Writes TypeScript types of the lexicon documents in a folder.')
        .argument('<folder>', 'where the documents are, in .json files at any depth')
        .requiredOption('--out <file>', 'the .ts file to write')
        .option('--check', 'writes nothing, and fails where the file is not what it would be')
        .addHelpText('after', EXAMPLE)
        .action(async (folder: string, options: { out: string; check?: true }) => {
          code = await writeTypes(folder, options, print)
        })
      try {
        await program.parseAsync(args, { from: 'user' })
        return code
      } catch (error) {
        // Commander has said by now what it was.
        if (error instanceof CommanderError) return error.exitCode
        if (!(error instanceof CommandFailure)) throw error
        print.error(`error: ${error.message}`)
        return 1
      }
    },
  }
}

async function readVersion(): Promise<string> {
  const { version }: { version: string } = JSON.parse(
    await readFile(new URL('../../package.json', import.meta.url), 'utf8'),
  )
  return version
}
