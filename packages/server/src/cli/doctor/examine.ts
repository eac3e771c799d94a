/** The checks in their order; what one needs of another that failed is left out, and said to be. */
import { safeMessage } from '@tenant-registry/db';
import type { Config } from '../../config.ts';
import { withinDeadline } from '../../kernel/async/deadline.ts';
import { clockVerdict, findClockDistance } from './clock.ts';
import { lookAtEnvironment } from './environment.ts';
import { lookAtDatabase, lookAtDirectUrl, type Reached, type ReachLook } from './reach.ts';
import { findVersions, migratingVerdict, type SchemaVersions, schemaVerdict, servingVerdict } from './schema.ts';
import { pepperVerdict, secretsKeyVerdict, signingKeyVerdict, tokensVerdict } from './secrets.ts';
import { connectionsVerdict, primaryVerdict, userVerdict, versionVerdict } from './server.ts';
import { etcdVerdict, natsVerdict } from './stores.ts';
import { type Finding, failed, skipped, type Verdict } from './verdict.ts';

export interface Examination {
  /** For each check. */
  readonly limitMs: number;
  /** Hears of each finding at once. */
  readonly found: (finding: Finding) => void;
}

/** Resolves when every check has said something. It changes nothing, and makes no file. */
export async function examine(examination: Examination): Promise<void> {
  const { limitMs, found } = examination;
  const { config, verdicts } = lookAtEnvironment();
  for (const verdict of verdicts) found({ check: 'environment', ...verdict });
  if (config === null)
    return void found({ check: 'everything else', ...skipped('the environment has to be right first') });
  const { verdict, reached } = await reachedWithin(limitMs, config);
  found({ check: 'database', ...verdict });
  try {
    const missing = verdict.status === 'ok' ? 'there is no database yet' : 'the database was not reached';
    await examineWith({ config, reached, missing, ...examination });
  } finally {
    await withinLimit(limitMs, reached?.database.close() ?? Promise.resolve()).catch(() => {});
  }
}

interface Ground extends Examination {
  readonly config: Config;
  readonly reached: Reached | null;
  /** Why nothing was reached, if nothing was. */
  readonly missing: string;
}

const EMBEDDED = 'the embedded engine is a part of the process';

async function examineWith({ config, reached, missing, found, limitMs }: Ground): Promise<void> {
  const look = async (check: string, verdict: () => Verdict | Promise<Verdict>) =>
    found({ check, ...(await judged(limitMs, verdict)) });
  const server = reached?.database.engine === 'postgres' ? reached : null;
  const onServer = (check: string, verdict: (on: Reached) => Verdict | Promise<Verdict>) =>
    look(check, () => (server === null ? skipped(reached === null ? missing : EMBEDDED) : verdict(server)));

  await onServer('version', ({ facts }) => versionVerdict(facts));
  await onServer('primary', ({ facts }) => primaryVerdict(facts));
  await onServer('direct url', ({ facts }) => lookAtDirectUrl(config, facts, limitMs));
  const known: { versions: SchemaVersions | null } = { versions: null };
  await look('schema', async () => {
    if (reached === null) return skipped(missing);
    known.versions = await findVersions(reached);
    return schemaVerdict(known.versions, config);
  });
  const { versions } = known;
  await onServer('user', ({ facts }) => userVerdict(facts));
  await onServer('right to serve', (on) => servingVerdict(on, versions));
  await onServer('right to migrate', (on) => migratingVerdict(on, versions));
  await onServer('connections', ({ facts }) => connectionsVerdict(facts, config));
  await onServer('clock', async (on) => clockVerdict(await findClockDistance(on), config));
  const current = versions !== null && versions.database >= versions.program ? reached : null;
  await look('tokens', () => tokensVerdict(config));
  await look('pepper', () => pepperVerdict(config));
  await look('secrets key', () => secretsKeyVerdict(config, current));
  await look('signing key', () => signingKeyVerdict(config));
  await look('etcd', () =>
    current === null
      ? skipped('it needs the schema, which says where configurations are')
      : etcdVerdict(config, current),
  );
  await look('nats', () => natsVerdict(config, AbortSignal.timeout(limitMs)));
}

/** A check that hangs, or breaks, has failed. */
async function judged(limitMs: number, verdict: () => Verdict | Promise<Verdict>): Promise<Verdict> {
  try {
    return await withinLimit(limitMs, (async () => verdict())());
  } catch (error) {
    return failed(safeMessage(error), 'look at what it asked, then repeat this');
  }
}

async function reachedWithin(limitMs: number, config: Config): Promise<ReachLook> {
  const looking = lookAtDatabase(config, limitMs);
  try {
    return await withinLimit(limitMs, looking);
  } catch (error) {
    // It may be opened later than anything waits for it.
    looking.then(({ reached }) => reached?.database.close()).catch(() => {});
    const advice = `look whether the database answers at all within ${limitMs / 1_000} s`;
    return { verdict: failed(safeMessage(error), advice), reached: null };
  }
}

function withinLimit<T>(limitMs: number, work: Promise<T>): Promise<T> {
  return withinDeadline(work, limitMs, () => new Error(`no answer within ${limitMs / 1_000} s`));
}
