/** What the registry itself has, whatever the tenant: products of its catalog, and tiers of databases. */
import type { Api, Row } from './api.ts';

/** Returns a function that resolves to the names of a kind, asked for once; null: it is a kind of the tenant's things. */
export function worldOf(api: Api): (noun: string) => Promise<readonly string[]> | null {
  const known = new Map<string, Promise<string[]>>();
  return (noun) => {
    const source = SOURCES.find((each) => each.noun === noun);
    if (source === undefined) return null;
    const asked = known.get(noun) ?? namesOf(api, source);
    known.set(noun, asked);
    return asked;
  };
}

const SOURCES = [
  { noun: 'product', path: '/v1/catalog', name: 'product' },
  { noun: 'database_tier', path: '/v1/database-tiers', name: 'name' },
] as const;

async function namesOf(api: Api, { path, name }: (typeof SOURCES)[number]): Promise<string[]> {
  const found = await api.get(path);
  return ((found?.row.items ?? []) as Row[]).map((item) => String(item[name]));
}
