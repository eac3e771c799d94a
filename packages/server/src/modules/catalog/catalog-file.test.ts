// engine: none
import { expect, test } from 'vitest';
import { CatalogError, parseCatalog, readCatalog } from './catalog-file.ts';
import { defaultCatalog } from './default-catalog.ts';

const entry = { product: 'certifai', name: 'CertifAI', description: '', contract_version: '1' };
const mistakesOf = (items: unknown): readonly string[] => mistakesIn(JSON.stringify({ items }));
const mistakesIn = (text: string): readonly string[] => {
  try {
    parseCatalog(text);
  } catch (error) {
    if (error instanceof CatalogError) return error.mistakes;
    throw error;
  }
  return [];
};

test('fields that a file leaves out take their defaults, and products keep the order of the file', () => {
  const catalog = parseCatalog(JSON.stringify({ items: [{ ...entry, product: 'z' }, entry] }));
  expect([...catalog.keys()]).toEqual(['z', 'certifai']);
  expect(catalog.get('certifai')).toEqual({ ...entry, supports_projects: false, trial_days: 14, features: [] });
});

// proves A67
test('the built-in catalog is one that a file could state, with its two products', () => {
  const again = parseCatalog(JSON.stringify({ items: [...defaultCatalog.values()] }));
  expect(again).toEqual(defaultCatalog);
  expect([...again.keys()]).toEqual(['certifai', 'compliance']);
});

test('every mistake is named by its place, duplicates too', () => {
  const mistakes = mistakesOf([
    { ...entry, trial_days: 0, price: 3 },
    { ...entry, name: '' },
    { ...entry, product: 'Two Words', features: 'all' },
    'nothing',
    { ...entry, supports_projects: 'yes', contract_version: undefined },
  ]);
  for (const place of [
    'at /items/0/trial_days',
    'at /items/0/price: ',
    'at /items/1/name',
    'at /items/1/product: certifai is there twice',
    'at /items/2/product',
    'at /items/2/features',
    'at /items/3: ',
    'at /items/4/supports_projects',
    'at /items/4/contract_version',
    'at /items/4/product: certifai is there twice',
  ]) {
    expect(mistakes.filter((mistake) => mistake.startsWith(place))).toHaveLength(1);
  }
  expect(mistakes).toHaveLength(10);
  expect(mistakes.join()).toContain('price');
});

test.each([
  ['{', 'is not JSON'],
  ['[]', 'at /'],
  ['null', 'at /'],
  ['{}', 'at /items'],
  ['{"items":[]}', 'at /items: must name at least one product'],
  ['{"items":{"product":"x"}}', 'at /items'],
])('a file with %s is refused, and says why', (text, start) => {
  expect(mistakesIn(text)[0]).toContain(start);
});

test('a file that is not there is one that cannot be read', () => {
  expect(() => readCatalog('/nonexistent/catalog.json')).toThrow(/cannot be read: .*ENOENT/);
});
