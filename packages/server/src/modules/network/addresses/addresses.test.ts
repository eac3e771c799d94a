/** Addresses as callers read them: who has which, who had it, and what callers of other tenants and projects learn of that. */
import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, test } from 'vitest';
import { type Change, giveAddresses, recordChanges } from '../../../../test/support/address-history.ts';
import { addNodes, newNetwork } from '../../../../test/support/network.ts';
import { DAY_MS, newProject, newTenant, testServer, UNKNOWN } from '../../../../test/support/server.ts';
import { systemContext } from '../../../kernel/system-context.ts';
import { type MeshAddress, type MeshAddressHolder, meshAddressKey } from '../schema.ts';
import { getMeshAddress } from './service.ts';

const server = testServer();

const list = (tenant: string, query = '', token = server.operatorToken) =>
  server.call(`GET /v1/tenants/${tenant}/network/addresses${query}`, { token });
const ask = (tenant: string, ip: string, { at, token }: { readonly at?: string; readonly token?: string } = {}) =>
  server.call(`GET /v1/tenants/${tenant}/network/addresses/${ip}${at === undefined ? '' : `?at=${at}`}`, {
    token: token ?? server.operatorToken,
  });
const secondsAgo = (seconds: number) => new Date(server.clock.now().getTime() - seconds * 1_000);

interface Placed {
  readonly tenant_id: string;
  readonly project_id: string;
}

async function newPlace(cidr: string): Promise<Placed> {
  const { id: tenant_id } = await newTenant(server);
  await newNetwork(server, tenant_id, cidr, { space: tenant_id });
  return { tenant_id, project_id: (await newProject(server, tenant_id)).id };
}

async function newKey({ tenant_id, project_id }: Placed): Promise<string> {
  const body = { tenant_id, project_id, name: 'reader', scopes: ['registry:network:read'] };
  const answer = await server.call('POST /v1/api-keys', { body });
  expect(answer.status).toBe(201);
  return answer.body.key;
}

/** Gives these addresses to new nodes of the place at the time. */
async function holders(place: Placed, ips: readonly string[], since = secondsAgo(60)): Promise<MeshAddress[]> {
  const nodes = await addNodes(server, { ...place, count: ips.length });
  const addresses = nodes.map(({ id: node_id, name: node_name }, n) => {
    return { ...place, ip: ips[n] ?? '', node_id, node_name, allocated_at: since.toISOString() };
  });
  await giveAddresses(server, addresses);
  await recordChanges(
    server,
    addresses.map((address) => ({ happened: 'allocated' as const, address, at: since })),
  );
  return addresses;
}

describe('the list', () => {
  test.each([
    ['IPv4', '10.20.0.0/16', (n: number) => `10.20.${n % 3}.${n + 1}`],
    ['IPv6', 'fd00:20::/64', (n: number) => `fd00:20::${((n + 1) * 7).toString(16)}f`],
  ])('of %s goes from the lowest to the highest, page by page, each once', async (_, cidr, ipOf) => {
    const place = await newPlace(cidr);
    const given = await holders(
      place,
      Array.from({ length: 30 }, (_, n) => ipOf(n)),
    );
    const seen: MeshAddress[] = [];
    let cursor: string | null = '';
    do {
      const { status, body } = await list(place.tenant_id, `?limit=7${cursor === '' ? '' : `&cursor=${cursor}`}`);
      expect(status).toBe(200);
      seen.push(...body.items);
      cursor = body.next_cursor;
    } while (cursor !== null);
    const numeric = ({ ip }: MeshAddress) =>
      ip.includes(':')
        ? Number.parseInt(ip.split('::')[1] ?? '', 16)
        : ip.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
    expect(seen).toEqual(given.toSorted((a, b) => numeric(a) - numeric(b)));
  });

  test('shows a bound key the addresses of its project alone, and everybody those of the project that they ask for', async () => {
    const place = await newPlace('10.20.0.0/24');
    const sibling = { ...place, project_id: (await newProject(server, place.tenant_id)).id };
    const [own] = await holders(place, ['10.20.0.9']);
    const [other] = await holders(sibling, ['10.20.0.8']);
    const token = await newKey(place);
    expect((await list(place.tenant_id)).body.items).toEqual([other, own]);
    expect((await list(place.tenant_id, `?project_id=${place.project_id}`)).body.items).toEqual([own]);
    expect((await list(place.tenant_id, '', token)).body.items).toEqual([own]);
    const elsewhere = await list(place.tenant_id, `?project_id=${sibling.project_id}`, token);
    expect([elsewhere.status, elsewhere.body.code]).toEqual([404, 'not_found']);
  });

  test('refuses a cursor of another list, and does not know a tenant that does not exist', async () => {
    const place = await newPlace('10.20.0.0/24');
    await holders(place, ['10.20.0.1', '10.20.0.2']);
    const { body } = await list(place.tenant_id, '?limit=1');
    const filtered = await list(place.tenant_id, `?project_id=${place.project_id}&cursor=${body.next_cursor}`);
    expect([filtered.status, filtered.body.code]).toEqual([400, 'invalid_cursor']);
    expect((await list(UNKNOWN)).body.code).toBe('not_found');
  });
});

describe('an address', () => {
  let place: Placed;
  beforeAll(async () => {
    place = await newPlace('10.20.0.0/24');
  });

  // proves C26
  test('that a node has is held, now and since the time when the node got it, under the name that it had then', async () => {
    const [address] = await holders(place, ['10.20.0.7'], secondsAgo(60));
    const { tenant_id, ip, node_id, allocated_at, node_name } = address as MeshAddress;
    await server.app.deps.db.updateTable('nodes').set({ name: 'renamed' }).where('id', '=', node_id).execute();
    const held = { ip, held: true, project_id: place.project_id, node_id, node_name, allocated_at, released_at: null };
    const now = await ask(tenant_id, ip);
    expect(now.status).toBe(200);
    expect(now.body).toEqual({ ...held, at: expect.any(String) });
    expect((await ask(tenant_id, ip, { at: allocated_at })).body).toEqual({ ...held, at: allocated_at });
    const future = await ask(tenant_id, ip, { at: '2999-01-01T00:00:00Z' });
    expect(future.body).toMatchObject(held);
    expect(Date.parse(future.body.at), 'a time to come is answered as now').toBeLessThan(Date.now() + DAY_MS);
    const before = await ask(tenant_id, ip, { at: new Date(Date.parse(allocated_at) - 1).toISOString() });
    expect(before.body).toMatchObject({ held: false, node_id: null, project_id: null, allocated_at: null });
    expect((await list(tenant_id)).body.items[0].node_name).toBe('renamed');
  });

  test('that a node had is told with the time when it gave it back, after node and range are gone too', async () => {
    const gone = await newPlace('10.30.0.0/24');
    const [address] = await holders(gone, ['10.30.0.7'], secondsAgo(600));
    const { tenant_id, ip, node_id, node_name, allocated_at } = address as MeshAddress;
    const at = secondsAgo(300);
    await recordChanges(server, [{ happened: 'released', address: address as MeshAddress, at }]);
    await server.app.deps.db.deleteFrom('nodes').where('id', '=', node_id).execute();
    await newNetwork(server, tenant_id, '10.31.0.0/24');
    const told = { ip, project_id: gone.project_id, node_id, node_name, allocated_at };
    const released_at = at.toISOString();
    expect((await ask(tenant_id, ip)).body).toMatchObject({ ...told, held: false, released_at });
    const meanwhile = await ask(tenant_id, ip, { at: secondsAgo(400).toISOString() });
    expect(meanwhile.body).toMatchObject({ ...told, held: true, released_at: null });
    const then = await ask(tenant_id, ip, { at: released_at });
    expect(then.body).toMatchObject({ ...told, held: false, released_at });
  });

  test.each(['fd00:40::7', 'FD00:40::7', 'fd00:40::0007', 'fd00:40:0:0:0:0:0:7', 'fd00:40::0.0.0.7'])(
    'is found in the form %s, and shown in one form',
    async (form) => {
      const six = await newPlace('fd00:40::/64');
      const [address] = await holders(six, ['fd00:40::7']);
      const { ip, node_id } = address as MeshAddress;
      for (const at of [undefined, secondsAgo(5).toISOString()]) {
        const { status, body } = await ask(six.tenant_id, form, at === undefined ? {} : { at });
        expect([status, body.ip, body.held, body.node_id]).toEqual([200, ip, true, node_id]);
      }
    },
  );

  test.each(['300.1.1.1', '10.20.0.1/32', '010.20.0.1', '::ffff:10.20.0.1', 'fe80::1%25eth0', 'edge-1'])(
    'is refused in the form %s',
    async (form) => {
      const { status, body } = await ask(place.tenant_id, encodeURIComponent(decodeURIComponent(form)));
      expect([status, body.code, body.errors[0].pointer ?? body.errors[0].parameter]).toEqual([
        400,
        'invalid_input',
        expect.stringContaining('ip'),
      ]);
    },
  );

  test('with a zone is refused in words also when the zone is not encoded', async () => {
    const { status, body } = await ask(place.tenant_id, 'fe80::1%eth0');
    expect([status, body.code, body.detail]).toEqual([
      400,
      'invalid_input',
      'The path is not encoded well: a % is written as %25.',
    ]);
  });

  test('is not asked about a time that is none', async () => {
    const { status, body } = await ask(place.tenant_id, '10.20.0.7', { at: 'yesterday' });
    expect([status, body.code]).toEqual([400, 'invalid_input']);
  });

  test('of a tenant that does not exist is not found', async () => {
    const { status, body } = await ask(UNKNOWN, '10.20.0.7');
    expect([status, body.code]).toEqual([404, 'not_found']);
  });

  test('had by nodes of other projects is not told to a bound key', async () => {
    const shared = await newPlace('10.20.0.0/24');
    const sibling = { ...shared, project_id: (await newProject(server, shared.tenant_id)).id };
    const token = await newKey(shared);
    const [own] = await holders(shared, ['10.20.0.7'], secondsAgo(900));
    await server.app.deps.db
      .deleteFrom('domain_mesh_ip_allocations')
      .where('tenant_id', '=', shared.tenant_id)
      .execute();
    await recordChanges(server, [{ happened: 'released', address: own as MeshAddress, at: secondsAgo(800) }]);
    const [theirs] = await holders(sibling, ['10.20.0.7'], secondsAgo(700));
    for (const at of [undefined, secondsAgo(600).toISOString()]) {
      const asked = at === undefined ? {} : { at };
      const whole = await ask(shared.tenant_id, '10.20.0.7', asked);
      expect([whole.body.held, whole.body.node_id]).toEqual([true, theirs?.node_id]);
      const bound = await ask(shared.tenant_id, '10.20.0.7', { ...asked, token });
      expect([bound.body.held, bound.body.node_id]).toEqual([false, own?.node_id]);
    }
    const earlier = await ask(shared.tenant_id, '10.20.0.7', { at: secondsAgo(850).toISOString(), token });
    expect([earlier.body.held, earlier.body.node_id]).toEqual([true, own?.node_id]);
  });

  test('is not believed to be held because a product reports it', async () => {
    const { tenant_id, project_id } = await newPlace('10.20.0.0/24');
    const address = {
      ...{ tenant_id, project_id, ip: '10.20.0.7', node_id: randomUUID(), node_name: 'forged' },
      allocated_at: secondsAgo(60).toISOString(),
    };
    const reported = {
      ...{ tenant_id, project_id, actor: { type: 'product', id: 'p' }, is_failure: false, metadata: address },
      target: { type: 'mesh_address', id: meshAddressKey(tenant_id, '10.20.0.7'), name: 'forged' },
    };
    const call = (action: string) =>
      server.call('POST /v1/audit', { body: { ...reported, action }, token: server.operatorToken });
    expect((await call('mesh_address.allocated')).status, 'the noun is reserved').toBe(400);
    expect((await call('lease.allocated')).status).toBe(201);
    // As if the noun had not been reserved when it was reported.
    const at = secondsAgo(60);
    const { action, target_type, target_id } = {
      action: 'mesh_address.allocated',
      target_type: 'mesh_address',
      target_id: meshAddressKey(tenant_id, '10.20.0.7'),
    };
    await server.app.deps.db
      .insertInto('audit_log')
      .values({
        ...{ id: randomUUID(), tenant_id, project_id, action, target_type, target_id, origin: 'reported' },
        ...{ actor_type: 'product', actor_id: 'p', metadata: JSON.stringify(address) as never, created_at: at },
      })
      .execute();
    for (const asked of [{}, { at: secondsAgo(5).toISOString() }])
      expect((await ask(tenant_id, '10.20.0.7', asked)).body).toMatchObject({ held: false, node_id: null });
  });

  test.each(['frozen', 'archived'])(
    'is told of in a tenant that is %s too; the list ends with the archive',
    async (status) => {
      const { tenant_id, project_id } = await newPlace('10.20.0.0/24');
      const [address] = await holders({ tenant_id, project_id }, ['10.20.0.7']);
      await server.call(`POST /v1/tenants/${tenant_id}/cancel`);
      if (status === 'archived') await server.call(`POST /v1/tenants/${tenant_id}/archive`);
      expect((await server.call(`GET /v1/tenants/${tenant_id}`)).body.status).toBe(status);
      for (const asked of [{}, { at: secondsAgo(5).toISOString() }])
        expect((await ask(tenant_id, '10.20.0.7', asked)).body).toMatchObject({
          held: true,
          node_id: address?.node_id,
        });
      const { body } = await list(tenant_id);
      expect(body.items ?? body.code).toEqual(status === 'frozen' ? [address] : 'tenant_archived');
    },
  );
});

/** Milliseconds between two changes: most come within one, in bursts that lie apart. */
const gapMs = (changes: number) => (changes % 200 === 0 ? 60_000 : ([0, 0, 0, 1, 1, 7][random(6)] ?? 0));
const random = (() => {
  let state = 20_260_101;
  return (below: number) => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((state / 2_147_483_648) * below);
  };
})();

// proves C26
test('a thousand questions after a thousand changes, many of one millisecond, are answered as a model answers', async () => {
  const place = await newPlace('10.20.0.0/24');
  const nodes = Array.from({ length: 12 }, () => randomUUID());
  const ips = Array.from({ length: 8 }, (_, n) => `10.20.0.${n + 1}`);
  const has = new Map<string, MeshAddress>();
  const changes: Change[] = [];
  let time = secondsAgo(3 * 86_400).getTime();
  while (changes.length < 1_000) {
    time += gapMs(changes.length);
    const at = new Date(time);
    const ip = ips[random(ips.length)] ?? '';
    const current = has.get(ip);
    if (current !== undefined) {
      changes.push({ happened: 'released', address: current, at });
      has.delete(ip);
      continue;
    }
    const free = nodes.filter((id) => [...has.values()].every(({ node_id }) => node_id !== id));
    const node_id = free[random(free.length)] ?? '';
    const address = { ...place, ip, node_id, node_name: `node-${changes.length}`, allocated_at: at.toISOString() };
    changes.push({ happened: 'allocated', address, at });
    has.set(ip, address);
  }
  await recordChanges(server, changes);

  const ctx = systemContext(server.app.deps, { name: 'test' });
  const first = changes[0]?.at.getTime() ?? 0;
  const asked = Array.from({ length: 1_000 }, (_, n) => ({
    ip: n % 50 === 0 ? '10.20.0.200' : (ips[random(ips.length)] ?? ''),
    // A third at the very times of changes.
    at:
      n % 3 === 0
        ? (changes[random(changes.length)]?.at ?? new Date(first))
        : new Date(first - 10 + random(time - first + 20)),
  }));
  for (let begin = 0; begin < asked.length; begin += 50) {
    const some = asked.slice(begin, begin + 50);
    const answers = await Promise.all(
      some.map(({ ip, at }) => getMeshAddress(ctx, { id: place.tenant_id, ip, at: at.toISOString() })),
    );
    expect(answers).toEqual(some.map(({ ip, at }) => modelled(changes, ip, at)));
  }
});

/** The answer by going over all changes. */
function modelled(changes: readonly Change[], ip: string, time: Date): MeshAddressHolder {
  const last = changes.findLast((change) => change.address.ip === ip && change.at <= time);
  const { project_id = null, node_id = null, node_name = null, allocated_at = null } = last?.address ?? {};
  const held = last?.happened === 'allocated';
  const released_at = last === undefined || held ? null : last.at.toISOString();
  return { ip, at: time.toISOString(), held, project_id, node_id, node_name, allocated_at, released_at };
}
