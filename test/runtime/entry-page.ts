// A page: whoever drives the browser calls the function.
import { runChecks } from './checks/run-checks.ts'

Object.assign(globalThis, { runChecks })
