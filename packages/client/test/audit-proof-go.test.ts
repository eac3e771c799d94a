// engine: postgres
/**
 * The program of examples/audit-proof, against answers of a real server: it accepts them, and refuses any that was changed.
 * Skipped where Go is absent; there it fails where CI is set.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { signAll } from '../../server/test/support/audit-log.ts';
import { goIsMissing } from '../../server/test/support/foreign-checker.ts';
import { madeIn, newTenant, testServer } from '../../server/test/support/server.ts';

const run = promisify(execFile);
const program = fileURLToPath(new URL('../../../examples/audit-proof', import.meta.url));
const server = testServer();

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'audit-proof-'));
});
afterAll(() => rm(folder, { recursive: true }));

const event = { action: 'report.opened', actor: { type: 'user', id: 'u1', name: 'Ada' }, metadata: { größe: 1.5e-7 } };

const answerOf = async (call: string) => (await server.call(`GET /v1/audit/${call}`)).body;

/** Resolves with what the program says; a refusal ends it with 1. */
async function said(key: string, answer: unknown, old?: string): Promise<string> {
  await writeFile(join(folder, 'answer.json'), JSON.stringify(answer));
  await writeFile(join(folder, 'old.txt'), old ?? '');
  const args = ['-key', key, ...(old === undefined ? [] : ['-old', 'old.txt']), 'answer.json'];
  const ended = run(join(folder, 'check'), args, { cwd: folder });
  return ended.then(
    ({ stdout }) => stdout,
    ({ stderr, code }: { readonly stderr: string; readonly code: number }) => `${code} ${stderr}`,
  );
}

// proves A14, A62
test("Go's own modules accept what the registry proves, and refuse it once anything is changed", async ({ skip }) => {
  if (goIsMissing && process.env['CI'] !== 'true') skip('needs go');
  expect(goIsMissing, 'go is missing').toBe(false);
  await run('go', ['build', '-o', join(folder, 'check'), '.'], { cwd: program });

  const { id: tenant } = await newTenant(server);
  const { id } = await madeIn(server, tenant, 'audit', event);
  await signAll(server);
  const { note: old } = await answerOf(`checkpoint?tenant_id=${tenant}`);
  for (let more = 0; more < 5; more += 1) await madeIn(server, tenant, 'audit', event);
  await signAll(server);
  const proof = await answerOf(`${id}/proof`);
  const consistency = await answerOf(`consistency?tenant_id=${tenant}&first=2`);
  const [key = ''] = (await answerOf('verifiers')).verifiers;

  expect(await said(key, proof)).toBe(`accepted: event ${id} is entry 1 of the 7 that ${proof.origin} had\n`);
  expect(await said(key, consistency, old)).toBe(`accepted: the 2 entries of ${proof.origin} are the beginning of 7\n`);

  const changed = (text: string) => text.replace('report.opened', 'report.closed');
  expect(await said(key, { ...proof, entry: changed(proof.entry) })).toMatch(/^1 refused: the path/);
  expect(await said(key, { ...proof, index: 2 })).toMatch(/^1 refused: the path/);
  expect(await said(key, { ...proof, who: { ...proof.who, value: '{}' } })).toMatch(/^1 refused: who/);
  expect(await said(key, { ...proof, checkpoint: proof.checkpoint.replace('\n7\n', '\n8\n') })).toMatch(
    /^1 refused: the sig/,
  );
  expect(await said(key, { ...consistency, path: consistency.path.toReversed() }, old)).toMatch(/^1 refused: the path/);
  const stranger = server.app.deps.audit.signing.signers.map(({ verifier }) => verifier.replace('/audit', '/other'));
  expect(await said(stranger[0] ?? '', proof)).toMatch(/^1 refused: the verifier/);
});
