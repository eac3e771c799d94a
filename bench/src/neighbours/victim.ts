/** What another tenant does all the while: its keys are verified, and it reads a list of its own. */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Answer, memberOf } from './http.ts';
import type { AttackName } from './orders.ts';
import { type Measured, measure, type Probe, timedInto } from './probes.ts';
import type { World } from './world.ts';

const BACK_WITHIN_MS = 5_000;
const BACK_ASKED_EVERY_MS = 20;
const CUTS = 2;

export const VERIFICATION = 'verification from memory';

export interface Victim {
  /** Makes what the next `stretches` need of it, while nothing disturbs that. */
  prepare(stretches: number, seconds: number): Promise<void>;
  /** Does its work for so long, and resolves with how long each answer took and what went wrong. */
  live(seconds: number): Promise<Measured>;
  /** Whether everything works at the moment. */
  isServed(): Promise<boolean>;
}

export function createVictim(attack: AttackName, world: World): Victim {
  const newKeys: string[] = [];
  const always = [verification(world), ownList(world)];
  const probes: Readonly<Record<AttackName, readonly Probe[]>> = {
    F1: always,
    F2: [...always, signIns(world)],
    F3: [...always, keyCreation(world), firstVerification(world, newKeys)],
    F4: always,
    F5: always,
  };
  const asked = probes[attack];
  return {
    async prepare(stretches, seconds) {
      const count = attack === 'F3' ? stretches * (seconds + 1) : 0;
      while (newKeys.length < count) newKeys.push(await createKey(world));
    },
    async live(seconds) {
      const measured = await measure(asked, seconds);
      if (attack === 'F2') await cutAndReturn(world, measured);
      return measured;
    },
    async isServed() {
      const measured: Measured = new Map();
      newKeys.push(...(attack === 'F3' ? [await createKey(world).catch(() => '')] : []));
      await Promise.all(asked.map((probe) => probe.ask(timedInto(measured))));
      return [...measured.values()].every(({ errors }) => errors.size === 0);
    },
  };
}

/** 200 a second, of keys that were verified before: a gateway asks. */
function verification({ call, internalToken, victim: { hotKeys } }: World): Probe {
  let turn = 0;
  return {
    everyMs: 5,
    async ask(timed) {
      const key = hotKeys[turn++ % hotKeys.length] ?? '';
      await timed(VERIFICATION, async () => verified(await call(verify(internalToken, key))));
    },
  };
}

/** 25 a second, with the tenant's own key. */
function ownList({ call, victim: { tenantId, key: token } }: World): Probe {
  const path = `/v1/api-keys?tenant_id=${tenantId}`;
  return {
    everyMs: 40,
    async ask(timed) {
      await timed('its own list', async () =>
        require(await call({ method: 'GET', path, token }), ({ text }) => text.startsWith('{"items":[{')),
      );
    },
  };
}

/** One a second. */
function keyCreation(world: World): Probe {
  return {
    everyMs: 1_000,
    ask: async (timed) => void (await timed('creation of a key', () => createKey(world))),
  };
}

/** One a second, each of a key that was made before and never used. */
function firstVerification({ call, internalToken }: World, newKeys: string[]): Probe {
  return {
    everyMs: 1_000,
    async ask(timed) {
      const key = newKeys.pop() ?? '';
      await timed('first verification', async () => verified(await call(verify(internalToken, key))));
    },
  };
}

async function createKey({ call, victim: { tenantId, key: token } }: World): Promise<string> {
  const body = { tenant_id: tenantId, name: 'new' };
  return memberOf(require(await call({ method: 'POST', path: '/v1/api-keys', token, body })), 'key');
}

/** Two a second, by tenants that take turns. */
function signIns({ call, signIns: owners }: World): Probe {
  let turn = 0;
  return {
    everyMs: 500,
    async ask(timed) {
      const owner = owners[turn++ % owners.length];
      if (owner === undefined) throw new Error('there is no tenant with an SSO configuration');
      const path = `/v1/idp-configs/${owner.configId}/verify`;
      await timed('check of its provider', async () =>
        require(await call({ method: 'POST', path, token: owner.key }), ({ text }) => text.startsWith('{"ok":true')),
      );
    },
  };
}

/** Ends the server's connections to the database, and measures how long its own list is not answered. */
async function cutAndReturn({ call, cutConnections, victim }: World, measured: Measured): Promise<void> {
  const path = `/v1/api-keys?tenant_id=${victim.tenantId}`;
  for (let cut = 0; cut < CUTS; cut += 1) {
    await cutConnections();
    await timedInto(measured)('database back', async () => {
      const endsAt = performance.now() + BACK_WITHIN_MS;
      for (;;) {
        const answer = await call({ method: 'GET', path, token: victim.key });
        if (answer.status === 200) return;
        if (performance.now() > endsAt) throw new Error(`not back in ${BACK_WITHIN_MS} ms`);
        await sleep(BACK_ASKED_EVERY_MS);
      }
    });
  }
}

function verify(token: string, key: string) {
  return { method: 'POST', path: '/v1/internal/api-keys/verify', token, body: { key } } as const;
}

function verified(answer: Answer): void {
  require(answer, ({ text }) => text.includes('"valid":true'));
}

/** Returns an answer that is a success and says what it should. Throws its status, and the code of the first finding or refusal in it. */
function require(answer: Answer, isRight: (answer: Answer) => boolean = () => true): Answer {
  const { status, text } = answer;
  if (status === 0) throw new Error(text);
  if (status >= 200 && status < 300 && isRight(answer)) return answer;
  throw new Error(`${status} ${/"code":"(\w+)"/.exec(text)?.[1] ?? ''}`.trim());
}
