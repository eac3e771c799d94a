// engine: postgres
/** What every test server is held to when it closes finds what it is there to find. */
import { expect, test } from 'vitest';
import { refuseLeaks } from './support/secrets.ts';
import { newTenant, startTestServer } from './support/server.ts';

const SECRET = 'correct horse battery staple';

test('a server whose rows have a password that it was sent does not close without an error', async () => {
  const server = await startTestServer();
  await server.call('POST /v1/auth/login', { body: { email: 'jane@acme.example', password: SECRET } });
  await newTenant(server, { name: `Not ${SECRET}` });
  await expect(server.close()).rejects.toThrow('1 rows of audit_log have a secret');
});

test.each(['bp_ABCDEFGHIJKLMNOPQRSTUV', 'eyJhbGciOiJSUzI1NiJ9', `whsec_${'A'.repeat(32)}`])(
  'nor one whose rows have what looks like a secret: %s',
  async (name) => {
    const server = await startTestServer();
    await newTenant(server, { name });
    await expect(server.close()).rejects.toThrow('1 rows of audit_log have a secret');
  },
);

test('a secret in a log line, an answer or a metric is found, and is not told', async () => {
  const server = await startTestServer();
  const { db } = server.app.deps;
  const nowhere = { secrets: new Set([SECRET]), logs: [], answers: [], metrics: '', db };
  const said = `it is ${SECRET}`;
  await expect(refuseLeaks(nowhere)).resolves.toBeUndefined();
  await expect(refuseLeaks({ ...nowhere, logs: [said] })).rejects.toThrow('a log line has a secret (cor…): it is […]');
  await expect(refuseLeaks({ ...nowhere, answers: [said] })).rejects.toThrow(
    'an answer has a secret (cor…): it is […]',
  );
  await expect(refuseLeaks({ ...nowhere, metrics: said })).rejects.toThrow('the metrics have a secret');
  await server.close();
});
