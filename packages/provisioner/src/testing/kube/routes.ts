/** From a method and a path to what is asked of which resource. */
import { methodNotAllowed, notFound, unknownResource, unsupported } from './status.ts';
import type { ResourceType } from './types.ts';

export type Verb = 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'delete';

export interface Route {
  readonly verb: Verb;
  readonly type: ResourceType;
  /** Empty at the scope of the cluster, and for all namespaces. */
  readonly namespace: string;
  /** Empty for the whole resource. */
  readonly name: string;
  readonly subresource: 'status' | undefined;
}

const PATH =
  /^\/(?:api\/(?<core>v1)|apis\/(?<group>[^/]+)\/(?<version>[^/]+))(?:\/namespaces\/(?<namespace>[^/]+))?\/(?<plural>[^/]+)(?:\/(?<name>[^/]+))?(?:\/(?<sub>[^/]+))?$/;

/** Finds the route; undefined for a path of no resource. Throws 404 for an unknown built-in resource, 405 for the method. */
export function routeOf(method: string, url: URL, types: readonly ResourceType[]): Route | undefined {
  const parts = PATH.exec(url.pathname)?.groups;
  if (!parts) return undefined;
  const group = parts['group'] ?? '';
  const version = parts['core'] ?? parts['version'];
  const type = types.find((one) => one.group === group && one.version === version && one.plural === parts['plural']);
  if (!type || (parts['sub'] !== undefined && !(parts['sub'] === 'status' && type.status))) {
    if (group === '') throw unknownResource();
    if (type) throw notFound(type, parts['name'] ?? '');
    return undefined;
  }
  const name = decodeURIComponent(parts['name'] ?? '');
  const subresource = parts['sub'] === undefined ? undefined : 'status';
  const watching = /^(true|1)$/.test(url.searchParams.get('watch') ?? '');
  const verb = verbOf(method, { whole: name === '', subresource, watching }) ?? refuse(method, type, subresource);
  return { verb, type, namespace: decodeURIComponent(parts['namespace'] ?? ''), name, subresource };
}

function verbOf(
  method: string,
  { whole, subresource, watching }: { whole: boolean; subresource: string | undefined; watching: boolean },
): Verb | undefined {
  if (method === 'GET') {
    if (!whole) return 'get';
    return watching ? 'watch' : 'list';
  }
  if (whole) return method === 'POST' ? 'create' : undefined;
  if (method === 'PUT') return 'update';
  if (method === 'PATCH') return 'patch';
  return method === 'DELETE' && subresource === undefined ? 'delete' : undefined;
}

function refuse(method: string, type: ResourceType, subresource: string | undefined): never {
  const verb = { POST: 'create', DELETE: 'delete' }[method];
  if (type.group === '' || subresource === undefined || verb === undefined) throw methodNotAllowed();
  throw unsupported(type, verb);
}
