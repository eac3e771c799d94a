/** What `migrate` does with the database of SpiceDB. */
import type { Call } from './cli-call.ts';
import { printStatus } from './cli-core.ts';
import { type Env, spicedbUrlFromEnv } from './database-env.ts';
import { bootstrapSpicedb, revertSpicedb, SPICEDB_ROLE, type SpicedbStatus, spicedbStatus } from './spicedb.ts';

const log = (message: string) => console.log(message);

/** Performs the call. What was done goes to standard output, and warnings to standard error. */
export async function runSpicedb({ command }: Call, env: Env): Promise<void> {
  const url = spicedbUrlFromEnv(env);
  switch (command) {
    case 'up':
      return warn(await bootstrapSpicedb({ url, rolePassword: env['SPICEDB_ROLE_PASSWORD'] ?? '', log }));
    case 'down':
      return warn(await revertSpicedb({ url, log }));
    case 'status':
      return warn(printed(await spicedbStatus({ url })));
    case 'version': {
      const { version } = await spicedbStatus({ url });
      console.log(`database ${version.database}, program ${version.program}`);
    }
  }
}

function printed(status: SpicedbStatus): SpicedbStatus {
  const { migrations, role, track_commit_timestamp } = status;
  printStatus(migrations);
  console.log(`role ${SPICEDB_ROLE}: ${role === null ? 'absent' : powersOf(role)}`);
  console.log(`track_commit_timestamp: ${track_commit_timestamp ? 'on' : 'off'}`);
  return status;
}

function powersOf({ can_login, powers }: NonNullable<SpicedbStatus['role']>): string {
  return [...(can_login ? ['can log in'] : ['cannot log in']), ...powers.map((power) => `can ${power}`)].join(', ');
}

function warn({ warnings }: { readonly warnings: readonly string[] }): void {
  for (const warning of warnings) console.error(`migrate: warning: ${warning}`);
}
