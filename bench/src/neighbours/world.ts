/** A server of its own for one attack, with a victim, an attacker and whatever each of them has. */
import { randomBytes } from 'node:crypto';
import pg from 'pg';
import type { DatabaseServer } from '../lib/databases.ts';
import { startServer } from '../lib/processes.ts';
import { type Caller, createCaller, memberOf } from './http.ts';
import type { AttackName, Target } from './orders.ts';
import { startProvider } from './provider.ts';
import { type SilentResolver, startSilentResolver } from './silent-resolver.ts';

/** What a small container has. Past it the process ends, which is the attack's success and spares the machine. */
const HEAP_MIB = 2_048;
const HOT_KEYS = 8;
const ATTACKER_KEYS = 4;
/** Verifications of identity providers come from several tenants, so that each stays far below any limit. */
const PROVIDER_TENANTS = 8;
const REPORTED_EVENTS = 1_000;
const EVENTS_AT_ONCE = 100;

export interface Owner {
  readonly tenantId: string;
  readonly key: string;
}

export interface World {
  readonly pid: number;
  readonly call: Caller;
  readonly internalToken: string;
  readonly victim: Owner & { readonly hotKeys: readonly string[] };
  readonly attacker: Target;
  /** Tenants with an SSO configuration whose provider answers. */
  readonly signIns: readonly (Owner & { readonly configId: string })[];
  readonly resolver: SilentResolver;
  /** Ends every connection of the server to its database, as a failover does. */
  cutConnections(): Promise<void>;
}

export interface WorldOptions {
  readonly databases: DatabaseServer;
  readonly attack: AttackName;
  /** Where the silent resolver listens. */
  readonly resolverAddress: string;
}

type Creator = (path: string, body: object, member: string) => Promise<string>;

export async function createWorld(
  { databases, attack, resolverAddress }: WorldOptions,
  stack: AsyncDisposableStack,
): Promise<World> {
  const [operatorToken, internalToken] = [randomBytes(24).toString('hex'), randomBytes(24).toString('hex')];
  const provider = await startProvider(stack);
  const resolver = await startSilentResolver(resolverAddress, stack);
  const database = await databases.createDatabase(`neighbours-${attack.toLowerCase()}`);
  const { url, pid } = await startServer(
    'packages/server/src/main.ts',
    {
      APP_ENV: 'dev',
      DATABASE_URL: byName(database),
      OPERATOR_TOKEN: operatorToken,
      INTERNAL_TOKEN: internalToken,
      LOG_LEVEL: 'fatal',
      OUTBOUND_ALLOW: provider,
      OUTBOUND_DNS_SERVERS: resolver.address,
      NODE_OPTIONS: `--max-old-space-size=${HEAP_MIB}`,
    },
    stack,
  );
  const call = createCaller(url);
  const create: Creator = async (path, body, member) =>
    memberOf(await call({ method: 'POST', path, token: operatorToken, body }), member);
  const victim = await makeOwner(create, 'victim', ['api_keys:read', 'api_keys:write']);
  const hotKeys: string[] = [];
  while (hotKeys.length < HOT_KEYS) hotKeys.push(await makeKey(create, victim.tenantId, []));
  const attacker = await makeAttacker(create, attack, url);
  await reportEvents(call, internalToken, attacker.tenantId);
  return {
    pid,
    call,
    internalToken,
    victim: { ...victim, hotKeys },
    attacker,
    signIns: attack === 'F2' ? await makeSignIns(create, provider) : [],
    resolver,
    cutConnections: await cutter(database, stack),
  };
}

/** The database's host as a name, which has to be resolved for each connection. */
function byName(database: string): string {
  const url = new URL(database);
  if (url.hostname === '127.0.0.1') url.hostname = 'localhost';
  return url.href;
}

async function makeOwner(create: Creator, slug: string, permissions: readonly string[]): Promise<Owner> {
  const tenantId = await create('/v1/tenants', { slug, name: slug }, 'id');
  return { tenantId, key: await makeKey(create, tenantId, permissions) };
}

function makeKey(create: Creator, tenantId: string, permissions: readonly string[]): Promise<string> {
  const scopes = permissions.map((permission) => `registry:${permission}`);
  return create('/v1/api-keys', { tenant_id: tenantId, name: 'bench', scopes }, 'key');
}

/** The keys may do what the tenant's administrator could allow them. */
async function makeAttacker(create: Creator, attack: AttackName, url: string): Promise<Target> {
  const permissions = ['api_keys:read', 'api_keys:write', 'audit:read', 'idp_configs:read', 'idp_configs:write'];
  const { tenantId, key } = await makeOwner(create, 'attacker', permissions);
  const keys = [key];
  while (keys.length < ATTACKER_KEYS) keys.push(await makeKey(create, tenantId, permissions));
  return { attack, url, tenantId, keys };
}

async function makeSignIns(create: Creator, provider: string): Promise<World['signIns']> {
  const made: World['signIns'][number][] = [];
  while (made.length < PROVIDER_TENANTS) {
    const owner = await makeOwner(create, `sign-in-${made.length}`, ['idp_configs:write']);
    const issuer = `http://${provider}/${made.length}`;
    const body = { tenant_id: owner.tenantId, kind: 'oidc', alias: 'a', issuer };
    made.push({ ...owner, configId: await create('/v1/idp-configs', body, 'id') });
  }
  return made;
}

/** What a product wrote about the attacker's tenant: rows as large as they may be. */
async function reportEvents(call: Caller, token: string, tenantId: string): Promise<void> {
  const event = () => ({
    tenant_id: tenantId,
    actor: { type: 'user', id: 'u' },
    action: 'report.exported',
    metadata: { note: randomBytes(24_000).toString('base64url') },
  });
  for (let reported = 0; reported < REPORTED_EVENTS; reported += EVENTS_AT_ONCE) {
    const body = { events: Array.from({ length: EVENTS_AT_ONCE }, event) };
    const { status, text } = await call({ method: 'POST', path: '/v1/audit/bulk', token, body });
    if (status !== 201) throw new Error(`the product's events were refused: ${status} ${text.slice(0, 300)}`);
  }
}

async function cutter(database: string, stack: AsyncDisposableStack): Promise<() => Promise<void>> {
  const client = new pg.Client({ connectionString: database });
  await client.connect();
  client.on('error', () => undefined); // a lost connection shows in the next query
  stack.defer(() => client.end());
  const others = `select pg_terminate_backend(pid) from pg_stat_activity
    where datname = current_database() and pid <> pg_backend_pid()`;
  return async () => void (await client.query(others));
}
