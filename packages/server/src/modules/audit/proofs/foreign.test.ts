// engine: postgres
/** Libraries that others wrote are given what the registry answers, under two keys that both sign. */
import { expect, test } from 'vitest';
import { appendEvents, eventOf } from '../../../../test/support/audit-events.ts';
import { leavesOf, signAll } from '../../../../test/support/audit-log.ts';
import { checkWithGo, goIsMissing } from '../../../../test/support/foreign-checker.ts';
import { newTenant, testServer } from '../../../../test/support/server.ts';

const server = testServer({ auditSigningKeys: ['0a'.repeat(32), '0b'.repeat(32)] });

const get = async (path: string) => {
  const { status, body } = await server.call(`GET /v1/audit${path}`);
  expect(status, JSON.stringify(body)).toBe(200);
  return body;
};

// proves A14, A62
test.skipIf(goIsMissing)(
  'Go accepts every proof, checkpoint and consistency, also of a deleted tenant and of the registry',
  async () => {
    const { id } = await newTenant(server);
    const metadata = { 'größe 😀': [1e-7, -0, 4.35], '\r': null };
    const checkpoints = [];
    const ofRegistry = [];
    for (const count of [1, 6, 249, 1, 30]) {
      await appendEvents(
        server,
        Array.from({ length: count }, () => eventOf({ tenant_id: id, metadata })),
      );
      await signAll(server);
      checkpoints.push(await get(`/checkpoint?tenant_id=${id}`));
      ofRegistry.push(await get('/checkpoint?of=registry'));
    }
    for (const step of ['cancel', 'archive']) await server.call(`POST /v1/tenants/${id}/${step}`);
    await server.call(`DELETE /v1/tenants/${id}`);
    const inclusions = [];
    const ids = (await leavesOf(server, id)).map(({ event_id }) => event_id);
    for (const index of [0, 1, 128, 255, 256, 257, ids.length - 1]) {
      const { origin, checkpoint: note, entry, path } = await get(`/${ids[index]}/proof`);
      inclusions.push({ origin, note, entry, index, path });
    }
    const { origin: registry } = ofRegistry.at(-1);
    const { registry: registered } = await get(`/checkpoint?tenant_id=${id}`);
    inclusions.push({ origin: registry, ...registered });
    const consistencies = [];
    for (const [of, kept] of [
      [`tenant_id=${id}`, checkpoints],
      ['of=registry', ofRegistry],
    ] as const)
      for (const [n, first] of kept.entries()) {
        const { origin, path, checkpoint } = await get(
          `/consistency?${of}&first=${first.size}&second=${kept.at(-1).size}`,
        );
        expect(checkpoint).toBe(kept.at(-1).note);
        consistencies.push({ origin, first: { note: kept[n].note }, second: { note: checkpoint }, path });
      }
    const signed = [...checkpoints, ...ofRegistry].map(({ origin, note }) => ({ origin, note }));
    const { verifiers } = await get('/verifiers');
    expect(verifiers.length).toBe(2);
    // Each key alone opens what both signed.
    for (const vkey of verifiers)
      expect(await checkWithGo({ vkeys: [vkey], checkpoints: signed, inclusions, consistencies })).toEqual({
        accepted: signed.length + inclusions.length + consistencies.length,
        refused: [],
      });
  },
);
