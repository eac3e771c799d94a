/** What the commands of an operator work with, from the settings of the registry. */
import type { Db } from '@tenant-registry/db';
import type { Clock } from '../../../../kernel/clock.ts';
import type { Logger } from '../../../../kernel/logger.ts';
import type { EtcdSettings } from '../../environment.ts';
import type { AdminParts } from './admin/parts.ts';
import { openEtcd } from './client.ts';
import { keysUnder } from './keys.ts';
import { createLink } from './link.ts';
import { createConfigRelay } from './relay.ts';
import { createStanding } from './standing.ts';

export interface AdminOptions {
  readonly db: Db;
  readonly settings: EtcdSettings;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly say: (line: string) => void;
}

/** Makes it; the caller closes the client. Throws when a file of the settings cannot be read. */
export function openAdmin({ db, settings, clock, logger, say }: AdminOptions): AdminParts {
  const etcd = openEtcd(settings);
  const keys = keysUnder(settings.prefix);
  const link = createLink(etcd, logger);
  const standing = createStanding({ db, link, metaKey: keys.meta });
  const relay = createConfigRelay({ link, keys, standing, db, clock, logger, signals: { tell() {} } });
  return { db, etcd, keys, relay, clock, say };
}
