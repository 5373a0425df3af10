#!/usr/bin/env node
import { createProgram } from './create-program.ts'

process.exitCode = await createProgram({ out: console.log, error: console.error }).run(process.argv.slice(2))
