/** The file that says what can be sold: the shape of `GET /v1/catalog`, written by hand and checked at start. */
import { readFileSync } from 'node:fs';
import type { Catalog } from '../../kernel/catalog.ts';
import { inputMistakes } from '../../kernel/errors/input-texts.ts';
import { catalogFile } from './schema.ts';

/** Thrown for a catalog that cannot be sold from; one line per mistake, each with its place in the file. */
export class CatalogError extends Error {
  readonly mistakes: readonly string[];

  constructor(mistakes: readonly string[]) {
    super(mistakes.join('\n'));
    this.name = 'CatalogError';
    this.mistakes = mistakes;
  }
}

/** Reads and checks a file. Throws `CatalogError`. */
export function readCatalog(path: string): Catalog {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new CatalogError([`cannot be read: ${error instanceof Error ? error.message : String(error)}`]);
  }
  return parseCatalog(text);
}

/** Checks the text of a file, all of it: defaults are filled in, and every mistake is named. Throws `CatalogError`. */
export function parseCatalog(text: string): Catalog {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new CatalogError([`is not JSON: ${error instanceof Error ? error.message : String(error)}`]);
  }
  const { success, data, error } = catalogFile.safeParse(json);
  const found = error === undefined ? [] : inputMistakes(error, json, Number.POSITIVE_INFINITY);
  const wrong = found.map(({ pointer, message }) => `at ${pointer || '/'}: ${message}`);
  const mistakes = [...wrong, ...duplicates(json)];
  if (!success || mistakes.length > 0) throw new CatalogError(mistakes);
  return new Map(data.items.map((entry) => [entry.product, entry]));
}

/** Looked for apart from the shape, so that a mistake elsewhere does not hide them. */
function duplicates(json: unknown): string[] {
  const products = productsOf(json);
  return products.flatMap((product, index) =>
    typeof product === 'string' && products.indexOf(product) < index
      ? [`at /items/${index}/product: ${product} is there twice`]
      : [],
  );
}

function productsOf(json: unknown): unknown[] {
  if (typeof json !== 'object' || json === null || !('items' in json) || !Array.isArray(json.items)) return [];
  return json.items.map((item: unknown) =>
    typeof item === 'object' && item !== null && 'product' in item ? item.product : undefined,
  );
}
