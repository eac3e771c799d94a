#!/usr/bin/env node
/**
 * The `migrate` command. Exit codes: 0 done, 1 refused or failed, 2 the call itself was wrong.
 */
import { migrateMain } from './migrate-command.ts';

// Not awaited: the single executable is CommonJS, which has no await here.
void migrateMain(process.argv.slice(2)).then((code) => {
  process.exitCode = code;
});
