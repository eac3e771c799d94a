#!/usr/bin/env node
/** The command `tenant-registry`. Exit codes: 0 done, 1 refused or failed, 2 the call or the environment was wrong. */
import { run } from './cli/program.ts';

process.exitCode = await run(process.argv.slice(2));
