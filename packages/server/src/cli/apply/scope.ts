/** One tenant while it is compared and changed: what its things are called, and by what ids the registry knows them. */
import type { Api } from './api.ts';
import { RefusedError } from './problem.ts';
import type { Existing } from './things.ts';

export interface Scope {
  readonly api: Api;
  readonly slug: string;
  /** Throws in a rehearsal of a tenant that is not there yet: nothing of it is asked for then. */
  readonly tenantId: string;
  /** Resolves to the things of a kind, asked for once. */
  all(noun: string): Promise<readonly Existing[]>;
  /** Resolves to the id. Throws `RefusedError` when there is no such thing. */
  idOf(noun: string, key: string): Promise<string>;
  /** Resolves to the name of an id; null: none of the active things has it. */
  nameOf(noun: string, id: unknown): Promise<string | null>;
  /** Says what was made, for those that come after it. */
  remember(noun: string, existing: Existing): void;
}

interface ScopeOptions {
  readonly api: Api;
  readonly slug: string;
  readonly tenantId: string;
  /** Resolves to the things of a kind, from the registry. */
  read(noun: string, scope: Scope): Promise<Existing[]>;
}

export function createScope({ api, slug, tenantId, read }: ScopeOptions): Scope {
  const known = new Map<string, Promise<Existing[]>>();
  const scope: Scope = {
    api,
    slug,
    tenantId,
    all(noun) {
      const asked = known.get(noun) ?? read(noun, scope);
      known.set(noun, asked);
      return asked;
    },
    async idOf(noun, key) {
      const found = (await scope.all(noun)).find((each) => each.key === key);
      if (found?.id === undefined || found.id === null) throw new RefusedError(`there is no ${noun} ${key} in ${slug}`);
      return found.id;
    },
    async nameOf(noun, id) {
      if (typeof id !== 'string') return null;
      return (await scope.all(noun)).find((each) => each.id === id)?.key ?? null;
    },
    remember(noun, existing) {
      known.set(
        noun,
        scope.all(noun).then((found) => [...found, existing]),
      );
    },
  };
  return scope;
}
