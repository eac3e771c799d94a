/** Whether what the registry uses beside the database answers: etcd and NATS, where they are configured. */
import { configRelay, safeMessage } from '@tenant-registry/db';
import type { Config } from '../../config.ts';
import { systemClock } from '../../kernel/clock.ts';
import { createLogger } from '../../kernel/logger.ts';
import { plainly } from '../../modules/configs/store/etcd/admin/plainly.ts';
import { troublesOfEtcd } from '../../modules/configs/store/etcd/admin/status.ts';
import { openAdmin } from '../../modules/configs/store/etcd/admin.ts';
import { hasNatsStream } from '../../modules/events/relay/nats.ts';
import type { Reached } from './reach.ts';
import { failed, ok, type Verdict, warning } from './verdict.ts';

/** Needs the schema: the database says where the values are. */
export async function etcdVerdict(
  { configStore: { kind, etcd } }: Config,
  { database: { db } }: Reached,
): Promise<Verdict> {
  const store = await configRelay.findConfigStore(db);
  if (store.kind !== kind)
    return failed(
      `CONFIG_STORE is ${kind}, and the values of configurations are in ${store.kind}`,
      `set CONFIG_STORE=${store.kind}, or move them with "tenant-registry configs move --to=${kind}"`,
    );
  if (etcd === null) return ok('configurations are in PostgreSQL, and no etcd is configured');
  const logger = createLogger('silent', { write() {} });
  try {
    const parts = openAdmin({ db, settings: etcd, clock: systemClock, logger, say() {} });
    try {
      const troubles = await troublesOfEtcd(parts, store);
      if (troubles.length === 0)
        return ok(`etcd answers (${etcd.endpoints.length} members), and is what the database says of it`);
      // Where the values are in the database, etcd keeps nothing from working.
      return (kind === 'etcd' ? failed : warning)(troubles.join('; '), SEE_STATUS);
    } finally {
      parts.etcd.close();
    }
  } catch (error) {
    return failed(plainly(error), SEE_STATUS);
  }
}

const SEE_STATUS = '"tenant-registry configs status" says more, docs/operations.md what each wants done';

export async function natsVerdict({ eventsNats }: Pick<Config, 'eventsNats'>, signal: AbortSignal): Promise<Verdict> {
  if (eventsNats === null) return ok('no relay to NATS is configured');
  const where = `NATS at ${eventsNats.servers.join(', ')}`;
  try {
    return (await hasNatsStream(eventsNats, signal))
      ? ok(`${where} has the stream ${eventsNats.stream}`)
      : ok(`${where} answers; the relay will make the stream ${eventsNats.stream}`);
  } catch (error) {
    return failed(
      `${where}: ${safeMessage(error)}`,
      'look at EVENTS_NATS_URL, and whether the server runs with JetStream and lets the user in: docs/operations.md, "NATS JetStream"',
    );
  }
}
