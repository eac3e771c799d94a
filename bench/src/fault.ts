/** Kills the server many times under a mixed load; exit 1 when anything does not fit together afterwards. */
import { parseArgs } from 'node:util';
import { migrateUp, openDatabase } from '@tenant-registry/db';
import { startPostgres } from '@tenant-registry/db/testing';
import { runFaults } from '../../packages/server/test/replicas/fault.ts';

const HELP = `node bench/src/fault.ts [--kills N]

Starts the server on PostgreSQL, sends a mixed load, kills it with SIGKILL at a random moment, and starts it again, N
times (default 200). Afterwards no change may be without its audit and outbox row, none of those without its change, and
everything that was answered with success must be there. Exit codes: 0 nothing found, 1 something found, 2 usage.`;

const { values } = parseArgs({
  options: { kills: { type: 'string', default: '200' }, help: { type: 'boolean', short: 'h' } },
});
const kills = Number(values.kills);
if (values.help) {
  console.log(HELP);
} else if (!Number.isInteger(kills) || kills < 1 || kills > 10_000) {
  console.error(`--kills ${values.kills} is not a whole number between 1 and 10000`);
  process.exitCode = 2;
} else {
  const postgres = await startPostgres();
  const database = await openDatabase({ url: postgres.url });
  try {
    await migrateUp(database.db);
    const progress = (done: number) => done % 10 === 0 && console.error(`${done} of ${kills} kills`);
    const report = await runFaults({ url: postgres.url, db: database.db, kills, progress });
    console.log(
      `${postgres.version}: ${report.kills} kills, ${report.acknowledged} acknowledged, ${report.unanswered} unanswered`,
    );
    for (const contradiction of report.contradictions) console.log(`CONTRADICTION: ${contradiction}`);
    console.log(report.contradictions.length === 0 ? 'nothing is half done' : 'something is half done');
    process.exitCode = report.contradictions.length === 0 ? 0 : 1;
  } finally {
    await database.close();
    await postgres.stop();
  }
}
