// Node, Bun and Deno run this file as it is, on the built package: `<titles as JSON>` gives the results as JSON.
import { runChecks } from './checks/run-checks.ts'

const [titles = '[]'] = process.argv.slice(2)
console.log(JSON.stringify(await runChecks(JSON.parse(titles) as string[])))
