/** All kinds but the tenant itself, in the order in which each finds what it needs. Removals go the other way. */
import type { Kind } from './kind.ts';
import { configs, members, roles, subRanges } from './kinds/inside.ts';
import { databases, groups, idpConfigs, projects, serviceIdentities, users, webhooks } from './kinds/resources.ts';
import { configSchemas, entitlements, networks } from './kinds/terms.ts';
import type { Scope } from './scope.ts';
import type { Existing } from './things.ts';

export const kinds: readonly Kind[] = [
  networks,
  entitlements,
  configSchemas,
  idpConfigs,
  projects,
  subRanges,
  users,
  serviceIdentities,
  groups,
  members,
  roles,
  configs,
  webhooks,
  databases,
];

/** Resolves to the things of a kind that lie in the tenant itself. */
export async function readKind(noun: string, scope: Scope): Promise<Existing[]> {
  return (await kinds.find((kind) => kind.noun === noun)?.read(scope, [])) ?? [];
}
