#!/usr/bin/env node
/** The command `tenant-registry`. Exit codes: 0 done, 1 refused or failed, 2 the call or the environment was wrong. */
import { run } from './cli/program.ts';

// A reader that has seen enough, such as `head`, is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
});
process.exitCode = await run(process.argv.slice(2));
