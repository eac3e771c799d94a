// engine: none
import type { DatabaseHandle } from '@tenant-registry/db';
import Fastify from 'fastify';
import { expect, test } from 'vitest';
import type { RegistryClock } from '../kernel/registry-clock.ts';
import { mountHealth } from './health.ts';

test('however many ask at once whether it is ready, the database is asked once, and anew for whoever asks later', async () => {
  let asked = 0;
  let answer = () => {};
  const ping = () => {
    asked += 1;
    return new Promise<never>((_, reject) => {
      answer = () => reject(new Error('no answer'));
    });
  };
  const app = Fastify();
  // A database that does not answer is asked neither for its schema nor for its time.
  const registryClock = {} as RegistryClock;
  mountHealth(app, { database: { ping } as unknown as DatabaseHandle, registryClock });
  await app.ready();
  for (const round of [1, 2]) {
    const many = Array.from({ length: 50 }, () => app.inject('/readyz').then((response) => response.json()));
    await expect.poll(() => asked).toBe(round);
    await app.inject('/healthz'); // the others have come by now
    answer();
    const unready = { status: 'unavailable', failing: ['db-primary'] };
    expect(await Promise.all(many)).toEqual(many.map(() => unready));
    expect(asked).toBe(round);
  }
  await app.close();
});
