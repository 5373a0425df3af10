import { parseArgs } from 'node:util'
import { Narrator } from './demo/narrator.ts'
import { RequestCounter } from './demo/request-counter.ts'
import { type Stage, tellStory } from './demo/tell.ts'
import { runProgram, UsageError } from './run-program.ts'

const USAGE = `npm run demo -- [--browser | --fake] [--json]

Signs an account in on a real AT Protocol network on this machine, calls it, refreshes, and signs out.

  --browser   print the consent page's URL and wait for your own browser
  --fake      on the fake network of atproof/testing instead, in this process
  --json      end with one line of JSON
  --help      print this`

const print = (line: string) => console.log(line)

async function openStage({ browser, fake }: { browser?: boolean; fake?: boolean }): Promise<Stage> {
  if (browser && fake) {
    throw new UsageError('--browser and --fake exclude each other: the fake network has no page')
  }
  // Each loaded only where it is asked for: a browser's driver takes its time.
  if (fake) return (await import('./demo/fake-stage.ts')).openFakeStage()
  const { consentInChromium, consentInOwnBrowser, openRealStage } = await import('./demo/real-stage.ts')
  return openRealStage(print, browser ? consentInOwnBrowser(print) : await consentInChromium(print))
}

async function main(): Promise<void> {
  const options = {
    browser: { type: 'boolean' },
    fake: { type: 'boolean' },
    json: { type: 'boolean' },
    help: { type: 'boolean' },
  } as const
  const { values } = parseArgs({ options })
  if (values.help) return print(USAGE)
  const stage = await openStage(values)
  try {
    print(stage.introduction)
    print(`PDS ${stage.places.pds}, PLC directory ${stage.places.plc}`)
    const counter = new RequestCounter(stage.places, stage.send)
    const summary = await tellStory(stage, counter, new Narrator(counter, print))
    print('Done: signed in, called, refreshed and signed out.')
    if (values.json) print(JSON.stringify(summary))
  } finally {
    await stage.close()
  }
}

await runProgram(main, USAGE)
