// engine: none
import { expect, onTestFinished, test } from 'vitest';
import { createAllowance } from '../../../kernel/allowance.ts';
import { DomainError } from '../../../kernel/errors.ts';
import { createSamlReader } from './reader.ts';
import { summaryOf } from './summary.ts';

function newReader(max = 1_000) {
  const clock = () => new Date(0);
  const reader = createSamlReader(createAllowance({ max, windowMs: 60_000, clock, detail: 'Too many documents.' }));
  onTestFinished(() => reader.close());
  return reader;
}

const metadataOf = (attributes: string, inner = '') =>
  `<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" ${attributes}>${inner}</EntityDescriptor>`;

const refusalOf = async (reading: Promise<unknown>) => {
  const error = await reading.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  return error instanceof DomainError ? [error.definition.code, error.definition.pointer] : error;
};

test('a summary is of the text that was read, and of no other', async () => {
  const xml = metadataOf('entityID="urn:a"');
  const summary = await newReader().read(xml, 't');
  expect(summary).toMatchObject({ entity_id: 'urn:a', valid_until: null, provider: null });
  const stored: unknown = JSON.parse(JSON.stringify(summary));
  expect(summaryOf(stored, xml)).toEqual(summary);
  expect(summaryOf(stored, `${xml} `)).toBeUndefined();
  expect(summaryOf({ ...summary, provider: 7 }, xml)).toBeUndefined();
  expect(summaryOf(null, xml)).toBeUndefined();
});

test('text that the database cannot hold is not in a summary', async () => {
  const reader = newReader();
  const odd = ['&#0;', '&#xD800;', '&#xDFFF;x', '\ud800'];
  const read = await Promise.allSettled(
    odd.map((text, index) => reader.read(metadataOf(`entityID="a${text}"`), `t${index}`)),
  );
  for (const result of read) {
    if (result.status === 'rejected') expect(result.reason).toMatchObject({ definition: { code: 'metadata_invalid' } });
    else expect(result.value.entity_id).toMatch(/^a[^\0\ud800-\udfff]*x?$/u);
  }
});

test('what is no metadata is refused by field', async () => {
  const reader = newReader();
  for (const xml of ['', 'x', '<a/>', '<a></b>', metadataOf('').slice(0, -3), '<a b=1/>']) {
    expect(await refusalOf(reader.read(xml, 't')), xml).toEqual(['metadata_invalid', '/metadata/xml']);
  }
});

test('the document that takes a parser longest is refused before it is parsed, and waits for no thread', async () => {
  const reader = newReader();
  const leave = await reader.gate.enter('other');
  const opening = Array.from({ length: 1_350 }, (_, index) => `<a xmlns:n${index}='u'>`).join('');
  const xml = metadataOf('entityID="e"', opening + '</a>'.repeat(1_350));
  expect(await refusalOf(reader.read(xml, 't'))).toEqual(['metadata_invalid', '/metadata/xml']);
  leave();
});

test('a tenant has so many documents read within a window, which neither another tenant nor a refused document shares', async () => {
  const reader = newReader(1);
  expect(await refusalOf(reader.read('<a', 'a'))).toEqual(['metadata_invalid', '/metadata/xml']);
  await reader.read(metadataOf('entityID="1"'), 'a');
  expect(await refusalOf(reader.read(metadataOf('entityID="2"'), 'a'))).toEqual(['rate_limited', undefined]);
  expect(await reader.read(metadataOf('entityID="3"'), 'b')).toMatchObject({ entity_id: '3' });
});

test('a tenant that writes without end is refused, and another is served in its turn', async () => {
  const reader = newReader();
  const order: string[] = [];
  const read = (tenant: string, name: string) =>
    reader.read(metadataOf(`entityID="${name}"`), tenant).then(({ entity_id }) => void order.push(String(entity_id)));
  const attack = ['a1', 'a2', 'a3', 'a4', 'a5', 'a6', 'a7'].map((name) => read('a', name));
  const victim = read('b', 'b1');
  const results = await Promise.allSettled(attack);
  await victim;
  expect(results.map(({ status }) => status)).toEqual([
    ...Array<string>(5).fill('fulfilled'),
    ...Array<string>(2).fill('rejected'),
  ]);
  expect(results[6]).toMatchObject({ reason: { definition: { code: 'tenant_busy' } } });
  expect(order.slice(0, 3)).toEqual(['a1', 'a2', 'b1']);
});
