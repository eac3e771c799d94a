// engine: none
import { expect, test } from 'vitest';
import { configMistakes } from '../../../../test/support/config.ts';
import { readConfig } from '../../../config.ts';

const PASSWORD = 'correct-horse-battery';
const natsOf = (env: Record<string, string>) => readConfig(env).eventsNats;

test('without a URL there is no relay', () => {
  expect(natsOf({})).toBeNull();
  expect(natsOf({ EVENTS_NATS_STREAM: 'OTHER' })).toBeNull();
});

test('servers, login and stream are read from the URL, the port is 4222 unless given', () => {
  expect(natsOf({ EVENTS_NATS_URL: 'nats://nats.example' })).toEqual({
    servers: ['nats.example:4222'],
    tls: false,
    login: {},
    credentialsFile: null,
    stream: 'TENANT_REGISTRY',
  });
  const EVENTS_NATS_URL = `tls://registry:p%40ss@a.example:4223, tls://registry:p%40ss@[::1]`;
  expect(natsOf({ EVENTS_NATS_URL, EVENTS_NATS_STREAM: 'EVENTS' })).toEqual({
    servers: ['a.example:4223', '[::1]:4222'],
    tls: true,
    login: { user: 'registry', password: 'p@ss' },
    credentialsFile: null,
    stream: 'EVENTS',
  });
  expect(natsOf({ EVENTS_NATS_URL: 'nats://sesame@a.example' })?.login).toEqual({ token: 'sesame' });
});

test.each([
  `https://registry:${PASSWORD}@a.example`,
  `registry:${PASSWORD}@a.example:4222`,
  `nats://registry:${PASSWORD}@a.example/path`,
  `nats://:${PASSWORD}@a.example`,
  `nats://registry:${PASSWORD}%@a.example`,
  `nats://registry:${PASSWORD}@a.example,tls://registry:${PASSWORD}@b.example`,
  `nats://registry:${PASSWORD}@a.example,nats://other:${PASSWORD}@b.example`,
  `nats://registry:${PASSWORD}@`,
])('a mistake in the URL is told by the name of the variable and without the password (%#)', (EVENTS_NATS_URL) => {
  const mistakes = configMistakes({ EVENTS_NATS_URL });
  expect(mistakes).toMatch(/^ {2}EVENTS_NATS_URL must /m);
  expect(mistakes).not.toContain(PASSWORD);
});

test('names that no stream can have, and credentials for no server, are refused', () => {
  expect(configMistakes({ EVENTS_NATS_STREAM: 'a.b' })).toContain('EVENTS_NATS_STREAM must have');
  expect(configMistakes({ EVENTS_NATS_CREDENTIALS_FILE: '/run/secrets/nats' })).toContain(
    'EVENTS_NATS_URL, which is missing',
  );
});
