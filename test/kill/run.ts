// Proof by killing: `npm run test:kill -- --kills 10000 --engine file --seed 1`. See README.md.
import { readOptions } from './options.ts'
import { isGreen, printReport, type Report } from './report.ts'
import { runKills } from './run-kills.ts'
import { runRealPauses } from './run-real-pauses.ts'

const { engines, kills, seed, speed, children, realPauses, hasNonces, isJson, clients } = readOptions(
  process.argv.slice(2),
)

// Ended early, it takes its children along: see KillRun.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))

for (const engine of engines) {
  const onProgress = (line: string) => console.error(`${engine}: ${line}`)
  const common = { engine, seed, hasNonces, clients, onProgress }
  // The pauses in real time are mostly waiting: they go on beside the rest.
  const [inScale, inRealTime] = await Promise.all([
    runKills({ ...common, kills, speed, children }),
    realPauses > 0 ? runRealPauses({ ...common, pauses: realPauses }) : undefined,
  ])
  const sessions = clients.length === 3 ? 'both' : clients.length === 2 ? 'oauth' : 'password'
  const again = `--engine ${engine} --sessions ${sessions} --kills ${kills} --seed ${seed} --speed ${speed} --children ${children}${hasNonces ? '' : ' --no-nonces'}`
  tell(inScale, again)
  if (inRealTime) tell(inRealTime, `${again} --real-pauses ${realPauses}`)
}

function tell(report: Report, again: string): void {
  console.log(printReport(report))
  if (isJson) console.log(JSON.stringify({ ...report, failures: report.failures.length }))
  if (isGreen(report)) return
  process.exitCode = 1
  console.log(`run it again: npm run test:kill -- ${again}`)
}
