/** What the server and its user have to be. Decides without asking. */
import type { serverFacts } from '@tenant-registry/db';
import type { Config } from '../../config.ts';
import { processesOf } from '../../processes/count.ts';
import { failed, ok, type Verdict, warning } from './verdict.ts';

type Facts = serverFacts.ServerFacts;

const MAJOR_MIN = 16;

export function versionVerdict({ version, version_major }: Facts): Verdict {
  return version_major >= MAJOR_MIN
    ? ok(`PostgreSQL ${version}`)
    : failed(`the server is PostgreSQL ${version}`, `upgrade it to PostgreSQL ${MAJOR_MIN} or newer`);
}

export function primaryVerdict({ is_standby, is_read_only }: Facts): Verdict {
  if (is_standby) return failed('the server is a standby', 'let DATABASE_URL lead to the primary');
  if (is_read_only)
    return failed(
      'transactions of this user are read-only',
      'take default_transaction_read_only away: alter role … reset default_transaction_read_only, and of the database',
    );
  return ok('the server is a primary, and takes writes');
}

/** Row-level security is the second wall between tenants; it does not hold for these users. */
export function userVerdict({ user, is_superuser, bypasses_rls }: Facts): Verdict {
  const advice = 'serve as a user of its own that owns the database: docs/operations.md, "The database\'s user"';
  if (is_superuser)
    return warning(
      `${user} is a superuser: row-level security does not bind it, and its password opens the whole server`,
      advice,
    );
  if (bypasses_rls)
    return warning(`${user} bypasses row-level security`, `alter role ${user} nobypassrls, or ${advice}`);
  return ok(`${user} is bound by row-level security`);
}

/** One for the notifications of the registry, beside the pool. */
const LISTENERS = 1;

type PoolConfig = Pick<Config, 'databaseConnectionsMax' | 'databaseDirectUrl' | 'databaseUrl' | 'processes'>;

export function connectionsVerdict(facts: Facts, config: PoolConfig): Verdict {
  const { databaseConnectionsMax, databaseDirectUrl } = config;
  const processes = processesOf(config);
  const { limit, of } = tightestLimit(facts);
  const isPooled = databaseDirectUrl !== undefined;
  if (isPooled) return ok(`a pooler is in the way: ${of} ${limit} must fit its default_pool_size`);
  const needed = processes * (databaseConnectionsMax + LISTENERS);
  const found = `${processes === 1 ? 'a replica opens' : `${processes} processes open`} up to ${needed} connections, ${of} ${limit}, and ${facts.connections} are in use`;
  if (limit < needed)
    return failed(
      found,
      `raise that limit, or set DATABASE_CONNECTIONS_MAX to ${Math.max(1, Math.floor(limit / processes) - LISTENERS)} or less`,
    );
  if (limit < 2 * needed)
    return warning(
      found,
      'an update runs two replicas for a while: raise that limit, or lower DATABASE_CONNECTIONS_MAX',
    );
  return ok(`${found}: room for ${Math.floor(limit / needed)} replicas`);
}

function tightestLimit(facts: Facts): { readonly limit: number; readonly of: string } {
  const limits = [
    { limit: facts.connections_max, of: 'the max_connections of the server leave' },
    {
      limit: facts.connections_max_of_user ?? Number.POSITIVE_INFINITY,
      of: `the connection limit of ${facts.user} is`,
    },
    {
      limit: facts.connections_max_of_database ?? Number.POSITIVE_INFINITY,
      of: `the connection limit of the database ${facts.database} is`,
    },
  ];
  return limits.reduce((tightest, each) => (each.limit < tightest.limit ? each : tightest));
}
