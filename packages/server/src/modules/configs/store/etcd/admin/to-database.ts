/** Brings every value that etcd has into the database. */
import { configRelay, entries, type Tx } from '@tenant-registry/db';
import type { Kv } from '@tenant-registry/etcd';
import { newId } from '../../../../../kernel/ids.ts';
import { canonicalBytes } from '../../../canonical.ts';
import { type GapFound, gapEntries } from '../gaps.ts';
import { type Intent, relayedFrom } from '../intents.ts';
import { readValue } from '../values.ts';
import type { AdminParts } from './parts.ts';

export interface Brought {
  /** Keys that etcd has, tombstones too. */
  readonly keys: number;
  /** Of them, those whose newest version the database did not have. */
  readonly restored: number;
  /** Keys of projects that the database does not have. */
  readonly orphans: number;
  /** Keys with versions before the newest that nobody has any more. */
  readonly gaps: number;
}

const PAGE = 60;

/**
 * Writes each value that the database does not have, or has in an older version, with its revision; tells of the versions that
 * are missing before it in the audit log; and counts each project anew. The caller's transaction keeps writers out.
 */
export async function copyToDatabase(parts: AdminParts, tx: Tx, base: number): Promise<Brought> {
  await configRelay.lockConfigHeads(tx);
  const counts = new Map<string, configRelay.ConfigCounts>();
  const sum = { keys: 0, restored: 0, orphans: 0, gaps: 0 };
  let after: string | undefined;
  for (;;) {
    const range = await parts.etcd.range(
      { prefix: parts.keys.values },
      { limit: PAGE, ...(after === undefined ? {} : { after }) },
    );
    after = range.kvs.at(-1)?.key;
    const intents = range.kvs.flatMap((kv) => intentFrom(parts, kv) ?? []);
    for (const { intent } of intents) count(counts, intent);
    const brought = await bring(parts, tx, { intents, base });
    sum.keys += intents.length;
    sum.restored += brought.restored;
    sum.orphans += brought.orphans;
    sum.gaps += brought.gaps;
    if (!range.more) break;
    if (sum.keys % (PAGE * 20) === 0) parts.say(`${sum.keys} keys are compared`);
  }
  await configRelay.updateConfigCounts(tx, [...counts.values()]);
  return sum;
}

type Value = Omit<Intent, 'entry'>;

interface Found {
  readonly intent: Value;
  readonly modRevision: number;
}

function intentFrom({ keys, clock }: AdminParts, kv: Kv): Found | undefined {
  const at = keys.valueAt(kv.key);
  if (at === undefined) return undefined;
  return { intent: { ...at, id: newId(clock), value: readValue(kv), keys: 0, bytes: 0 }, modRevision: kv.modRevision };
}

function count(counts: Map<string, configRelay.ConfigCounts>, { tenant_id, project_id, value }: Value): void {
  const before = counts.get(project_id) ?? { tenant_id, project_id, keys: 0, bytes: 0 };
  const bytes = value.deleted ? 0 : canonicalBytes(value.content);
  counts.set(project_id, { ...before, keys: before.keys + 1, bytes: before.bytes + bytes });
}

interface Bringing {
  readonly intents: readonly Found[];
  readonly base: number;
}

async function bring(parts: AdminParts, tx: Tx, { intents, base }: Bringing): Promise<Omit<Brought, 'keys'>> {
  if (intents.length === 0) return { restored: 0, orphans: 0, gaps: 0 };
  const rows = intents.map(({ intent, modRevision }) => relayedFrom(intent, base + modRevision));
  const outcomes = await configRelay.insertRelayedConfigs(tx, rows);
  const byId = new Map(outcomes.map((each) => [each.id, each]));
  const gaps = intents.flatMap(({ intent }): GapFound[] => {
    const { tenant_id, project_id, key, value } = intent;
    const after = byId.get(intent.id)?.gap_after ?? null;
    if (after === null) return [];
    return [{ tenant_id, project_id, key, from: after + 1, to: value.version - 1, cause: 'database_restored' }];
  });
  await entries.appendEntries(tx, gapEntries(parts, gaps));
  const of = (outcome: configRelay.RelayOutcome['outcome']) =>
    outcomes.filter((each) => each.outcome === outcome).length;
  return { restored: of('relayed'), orphans: of('orphan'), gaps: gaps.length };
}
