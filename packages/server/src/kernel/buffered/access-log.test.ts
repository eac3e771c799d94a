// engine: none
import { expect, test } from 'vitest';
import { grants } from '../../modules.ts';
import { tokenActor } from '../actor.ts';
import { createAccessLog } from './access-log.ts';

const MANY = 5_000;
const setup = () => {
  let now = 0;
  const access = createAccessLog(() => new Date(now++));
  const flood = (network: string) => {
    for (let i = 0; i < MANY; i += 1) access.failed('jwt', 'expired', `${network}.${i}`);
  };
  return { access, flood };
};

test('an entry that could not be written is joined with later ones, from the first time to the last', () => {
  const { access } = setup();
  access.failed('jwt', 'expired', '192.0.2.1');
  const taken = access.drain();
  access.failed('jwt', 'expired', '192.0.2.1');
  access.restore(taken);
  expect(access.drain()).toMatchObject([{ count: 2, first_at: new Date(0), last_at: new Date(1) }]);
});

test('while nothing can be written, a flood from ever new addresses stays bounded, and every failure is counted', () => {
  const { access, flood } = setup();
  for (let outage = 0; outage < 4; outage += 1) {
    const taken = access.drain();
    flood(`198.51.${outage}`);
    access.restore(taken);
  }
  const entries = access.drain();
  expect(entries.length).toBeLessThanOrEqual(MANY + 1);
  expect(entries.reduce((sum, { count }) => sum + count, 0)).toBe(4 * MANY);
  expect(entries.filter(({ note }) => note.kind === 'failed' && note.source_ip === 'many')).toHaveLength(1);
});

test('a crowded memory drops what is not a failure, instead of growing', () => {
  const { access, flood } = setup();
  flood('203.0.113');
  access.used(tokenActor(grants, 'operator'));
  access.denied(tokenActor(grants, 'internal'), { permission: 'tenants:write', procedure: 'tenants.create' });
  expect(access.drain()).toHaveLength(MANY);
});
