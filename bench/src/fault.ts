/** Kills the server many times under a mixed load, and exits with 1 if the data contradicts itself or an answer. */
import { parseArgs } from 'node:util';
import { migrateUp, openDatabase } from '@tenant-registry/db';
import { startPostgres } from '@tenant-registry/db/testing';
import { eventWitness } from '../../packages/server/test/replicas/event-faults.ts';
import { runFaults } from '../../packages/server/test/replicas/fault.ts';
import { startReceiver } from '../../packages/server/test/replicas/receiver.ts';

const HELP = `node bench/src/fault.ts [--kills N]

Starts the server on PostgreSQL, sends a mixed load, kills the server with SIGKILL at a random moment, and starts it
again, N times (default 200). Afterwards each change must have its audit row and its event, each of those its change, and
each answered success must be in the database; each event must be in the log once, and be received by each endpoint that
wants it, in the order of its subject, and again under the same id alone. Exit codes: 0 no contradiction, 1 a contradiction, 2 usage.`;

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
  const receiver = await startReceiver();
  try {
    await migrateUp(database.db);
    const progress = (done: number) => done % 10 === 0 && console.error(`${done} of ${kills} kills`);
    const witnesses = [eventWitness({ db: database.db, receiver, waitsForLeases: true })];
    const report = await runFaults({ url: postgres.url, db: database.db, kills, progress, witnesses });
    console.log(
      `${postgres.version}: ${report.kills} kills, ${report.acknowledged} acknowledged, ${report.unanswered} unanswered`,
    );
    const { length } = receiver.receipts;
    const different = new Set(receiver.receipts.map(({ endpoint, id }) => `${endpoint} ${id}`)).size;
    console.log(`${different} deliveries received, and ${length - different} repetitions`);
    for (const contradiction of report.contradictions) console.log(`CONTRADICTION: ${contradiction}`);
    console.log(`${report.contradictions.length} contradictions`);
    process.exitCode = report.contradictions.length === 0 ? 0 : 1;
  } finally {
    await receiver.close();
    await database.close();
    await postgres.stop();
  }
}
