/** What clients read to learn which types there are. */
import type { Json, JsonObject, ResourceType } from './types.ts';

const VERBS = ['create', 'delete', 'get', 'list', 'patch', 'update', 'watch'];

const versionOf = ({ group, version }: ResourceType) => (group === '' ? version : `${group}/${version}`);

/** Answers a document of discovery, or undefined when there is none at this path. */
export function discovered(path: string, types: readonly ResourceType[]): JsonObject | undefined {
  const custom = types.filter(({ group }) => group !== '');
  if (path === '/version') return VERSION;
  if (path === '/api') {
    return {
      kind: 'APIVersions',
      versions: ['v1'],
      serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress: '127.0.0.1' }],
    };
  }
  if (path === '/apis') return { kind: 'APIGroupList', apiVersion: 'v1', groups: groupsOf(custom) };
  const group = /^\/apis\/([^/]+)$/.exec(path)?.[1];
  if (group !== undefined) {
    const found = groupsOf(custom.filter((type) => type.group === group))[0];
    return found && { kind: 'APIGroup', apiVersion: 'v1', ...found };
  }
  return resourceList(path, types);
}

const VERSION: JsonObject = {
  major: '1',
  minor: '36',
  gitVersion: 'v1.36.0',
  gitCommit: 'ecf6decece6a6de25a57aad9ba90b6ce580f6f78',
  gitTreeState: 'clean',
  buildDate: '2026-01-01T00:00:00Z',
  goVersion: 'go1.26.0',
  compiler: 'gc',
  platform: 'linux/amd64',
};

function groupsOf(types: readonly ResourceType[]): JsonObject[] {
  return [...Map.groupBy(types, ({ group }) => group)].map(([name, ofGroup]): JsonObject => {
    const versions = [...new Set(ofGroup.map(({ version }) => version))].map((version) => ({
      groupVersion: `${name}/${version}`,
      version,
    }));
    return { name, versions, preferredVersion: versions[0] ?? null };
  });
}

function resourceList(path: string, types: readonly ResourceType[]): JsonObject | undefined {
  const groupVersion = /^\/(?:api|apis)\/(v1|[^/]+\/[^/]+)$/.exec(path)?.[1];
  const found = types.filter((type) => versionOf(type) === groupVersion);
  if (groupVersion === undefined || found.length === 0) return undefined;
  return { kind: 'APIResourceList', apiVersion: 'v1', groupVersion, resources: found.flatMap(resourcesOf) };
}

function resourcesOf({ plural, kind, namespaced = true, status }: ResourceType): Json[] {
  const main = { name: plural, singularName: kind.toLowerCase(), namespaced, kind, verbs: VERBS };
  const sub = { name: `${plural}/status`, singularName: '', namespaced, kind, verbs: ['get', 'patch', 'update'] };
  return status ? [main, sub] : [main];
}
