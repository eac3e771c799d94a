// engine: none
/** The import table of docs/architecture.md, as data. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('../../..', import.meta.url));

interface Rule {
  /** The files, as a pattern on the path from the root of the repository. */
  readonly files: RegExp;
  /** Their allowed imports: paths of the repository, or names of packages. `{module}` is the file's own module folder. */
  readonly may: readonly RegExp[];
}

const S = 'packages/server/src';
const kernelIsomorphic = new RegExp(
  `^${S}/kernel/(errors|events|ip-input|pagination|permissions|schema|first-tenant|clock|streams/text-stream|streams/event-stream)\\.ts$`,
);
const kernel = new RegExp(`^${S}/kernel/`);
const db = /^@tenant-registry\/db$/;
const node = /^node:/;
const zod = /^zod$/;
const ownModule = (name: string) => new RegExp(`^{module}/${name}`);

// The first rule that matches a file holds for it.
const rules: readonly Rule[] = [
  {
    files: new RegExp(`^${S}/modules/.+/schema\\.ts$`),
    may: [zod, kernelIsomorphic, new RegExp(`^${S}/modules/.+/schema\\.ts$`)],
  },
  { files: new RegExp(`^${S}/modules/.+/errors\\.ts$`), may: [new RegExp(`^${S}/kernel/errors\\.ts$`)] },
  { files: new RegExp(`^${S}/modules/.+/permissions\\.ts$`), may: [new RegExp(`^${S}/kernel/permissions\\.ts$`)] },
  { files: new RegExp(`^${S}/modules/.+/module\\.ts$`), may: [db, kernel, ownModule('')] },
  {
    files: new RegExp(`^${S}/modules/.+/router\\.ts$`),
    may: [
      zod,
      ownModule('(.+/)?(schema|service|errors|verify)\\.ts$'),
      // A module that is cut into slices puts the operations of its slices together.
      ownModule('[^/]+/router\\.ts$'),
      new RegExp(`^${S}/kernel/(trpc|routes|errors)\\.ts$`),
      new RegExp(`^${S}/modules/.+/errors\\.ts$`),
    ],
  },
  { files: new RegExp(`^${S}/modules/.+\\.worker\\.ts$`), may: [db, kernel, ownModule('')] },
  {
    // The code flow of OpenID Connect is a library's, over our fetches.
    files: new RegExp(`^${S}/modules/sessions/oidc/exchange\\.ts$`),
    may: [kernel, ownModule(''), /^(jose|oauth4webapi)$/],
  },
  {
    // The protocol of NATS is its client's.
    files: new RegExp(`^${S}/modules/events/relay/nats\\.ts$`),
    may: [node, kernel, ownModule(''), /^@nats-io\/(jetstream|transport-node)$/],
  },
  {
    // The one form of JSON that hashes are made of.
    files: new RegExp(`^${S}/modules/(configs/canonical|audit/tree/canonical-json)\\.ts$`),
    may: [node, /^canonicalize$/],
  },
  {
    // etcd is one of the stores of configurations, and nothing else.
    files: new RegExp(`^${S}/modules/configs/store/etcd(\\.ts$|/)`),
    may: [db, node, kernel, ownModule(''), /^@tenant-registry\/etcd$/],
  },
  {
    // Schemas of strangers are checked by code that reaches neither network nor files, and shares nothing.
    files: new RegExp(`^${S}/modules/config-schemas/validation/engine/`),
    may: [new RegExp(`^${S}/modules/config-schemas/validation/engine/`)],
  },
  {
    // The difference of two values is a library's.
    files: new RegExp(`^${S}/modules/config-schemas/validation/patch\\.ts$`),
    may: [new RegExp(`^${S}/modules/config-schemas/validation/engine/`), /^rfc6902$/],
  },
  {
    // The language of Retraced's queries is a library's.
    files: new RegExp(`^${S}/modules/retraced/graphql\\.ts$`),
    may: [kernel, ownModule(''), /^graphql$/],
  },
  {
    // What makes databases stands behind a port.
    files: new RegExp(`^${S}/modules/databases/`),
    may: [
      db,
      node,
      kernel,
      ownModule(''),
      zod,
      new RegExp(`^${S}/modules/.+/(errors|losses|port|schema|service)\\.ts$`),
      /^@tenant-registry\/provisioner$/,
    ],
  },
  {
    files: new RegExp(`^${S}/modules/`),
    may: [
      db,
      node,
      kernel,
      ownModule(''),
      zod,
      new RegExp(`^${S}/modules/.+/(errors|losses|port|schema|service|verdict)\\.ts$`),
      // Rows of the log become events in one way, and types are checked in one way, wherever they are asked for.
      new RegExp(`^${S}/modules/events/(event|types)\\.ts$`),
      /^(jose|@xmldom\/xmldom)$/,
    ],
  },
  {
    files: new RegExp(
      `^${S}/kernel/(transact|transact/entry|batch-by-reach|sweeper|context|module|logger|idempotency|idempotency/expiry\\.worker|cursors|quotas|leases|leases/keeper|leases/mark-watch|leases/remembered-read)\\.ts$`,
    ),
    may: [db, node, kernel, /^(zod|pino|@trpc\/server)$/],
  },
  {
    // OpenTelemetry's library is loaded in one place, and only where a collector is named.
    files: new RegExp(`^${S}/kernel/tracing/opentelemetry\\.ts$`),
    may: [node, kernel, /^@opentelemetry\/[a-z-]+$/],
  },
  {
    files: new RegExp(`^${S}/kernel/`),
    may: [node, kernel, /^(zod|pino|prom-client|uuid|lru-cache|jose|hash-wasm|@trpc\/server.*)$/],
  },
  {
    files: new RegExp(`^${S}/authentication/`),
    may: [node, kernel, new RegExp(`^${S}/authentication/`), /^(zod|jose)$/],
  },
  {
    // Verification, for products and for gateways: it skips layers.
    files: new RegExp(`^${S}/http/(openapi/)?(verify|authorize)\\.ts$`),
    may: [
      node,
      kernel,
      new RegExp(`^${S}/(http|authentication)/`),
      new RegExp(`^${S}/modules/api-keys/(authorize|errors|schema|verify)\\.ts$`),
      /^(fastify|@fastify\/.+)$/,
    ],
  },
  {
    // Paths of another service, beside those of the router.
    files: new RegExp(`^${S}/http/retraced\\.ts$`),
    may: [
      kernel,
      new RegExp(`^${S}/(http|authentication)/`),
      new RegExp(`^${S}/modules/(audit/schema|retraced/service)\\.ts$`),
      /^fastify$/,
    ],
  },
  {
    // Its subject is the shape of an event.
    files: new RegExp(`^${S}/http/openapi/webhooks\\.ts$`),
    may: [
      kernel,
      zod,
      new RegExp(`^${S}/http/openapi/`),
      new RegExp(`^${S}/modules\\.ts$`),
      new RegExp(`^${S}/modules/events/schema\\.ts$`),
    ],
  },
  {
    files: new RegExp(`^${S}/http/`),
    may: [
      node,
      kernel,
      db,
      new RegExp(`^${S}/(http|authentication)/`),
      new RegExp(`^${S}/(router|modules|version)\\.ts$`),
      /^(zod|fastify|helmet|@fastify\/.+|@trpc\/server.*)$/,
    ],
  },
  { files: new RegExp(`^${S}/router\\.ts$`), may: [new RegExp(`^${S}/modules\\.ts$`), kernel] },
  { files: new RegExp(`^${S}/modules\\.ts$`), may: [new RegExp(`^${S}/modules/[^/]+/module\\.ts$`), kernel] },
  { files: new RegExp(`^${S}/((cli|processes)/.+|[^/]+)\\.ts$`), may: [/./] },
  // The role of tenants belongs to the cluster: what it needs is checked in one place, at every start too.
  {
    files: /^packages\/db\/migrations\//,
    may: [/^kysely$/, /^packages\/db\/(src\/tenant-role|migrations\/steps\/.+)\.ts$/],
  },
  {
    files: /^packages\/db\/src\/queries\//,
    may: [
      /^kysely$/,
      /^packages\/db\/src\/(database|fixed|handles|keyset|mesh-sql|schema|search|types|queries\/(audit|audit-sealing|configs|entries|event-log|last-seen|replica-leases|principals|sign-in))\.ts$/,
    ],
  },
  {
    files: /^packages\/db\/src\/(?!testing)/,
    may: [/^packages\/db\//, node, /^(kysely.*|pg|pg-connection-string|@electric-sql\/pglite.*)$/],
  },
  {
    files: /^packages\/etcd\/src\/(?!testing)/,
    may: [/^packages\/etcd\/src\/(?!testing)/, node, /^@grpc\/grpc-js$/],
  },
  {
    files: /^packages\/etcd\/src\/testing/,
    may: [/^packages\/etcd\/src\//, node, /^(@grpc\/grpc-js|selfsigned)$/],
  },
  {
    // Kubernetes is spoken through its own client, which is loaded where it is configured.
    files: /^packages\/provisioner\/src\/kubernetes\/client\.ts$/,
    may: [/^packages\/provisioner\/src\//, node, /^@kubernetes\/client-node$/],
  },
  {
    files: /^packages\/provisioner\/src\/(?!testing)/,
    may: [/^packages\/provisioner\/src\/(?!testing)/, node, db],
  },
  {
    files: /^packages\/provisioner\/src\/testing/,
    may: [/^packages\/provisioner\/src\//, node, db, /^(@marcbachmann\/cel-js|yaml|vitest|fast-check)$/],
  },
  {
    files: /^packages\/testing\/src\//,
    may: [/^packages\/testing\/src\//, node, /^@tenant-registry\/(client|db|server\/testing)$/],
  },
  {
    // The SDK takes nothing from the server, not even types.
    files: /^packages\/client\/src\/(?!trpc\.ts)/,
    may: [/^packages\/client\/src\//],
  },
  {
    files: /^packages\/client\/src\/trpc\.ts$/,
    may: [/^packages\/client\/src\//, /^@trpc\/(client|server)$/],
  },
];

interface Import {
  readonly from: string;
  readonly to: string;
}

const IMPORT = /^(?:import|export)\s+(?:type\s+)?(?:[^'";]*?\sfrom\s+)?'([^']+)'/gm;

function filesUnder(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter(
      (file) =>
        file.endsWith('.ts') && !/(\.(test|requests)|\/contract)\.ts$/.test(file) && !file.includes('node_modules'),
    )
    .map((file) => join(folder, file));
}

function importsOf(file: string): Import[] {
  const text = readFileSync(join(root, file), 'utf8');
  return [...text.matchAll(IMPORT)].map(([, target = '']) => ({
    from: file,
    to: target.startsWith('.') ? relative(root, join(root, dirname(file), target)) : target,
  }));
}

const files = [
  'packages/server/src',
  'packages/db/src',
  'packages/db/migrations',
  'packages/client/src',
  'packages/etcd/src',
  'packages/provisioner/src',
  'packages/testing/src',
].flatMap(filesUnder);
const imports = files.flatMap(importsOf);

function breaches(): string[] {
  return imports.flatMap(({ from, to }) => {
    const rule = rules.find((each) => each.files.test(from));
    if (rule === undefined) return [];
    const own = /^.+\/modules\/[^/]+/.exec(from)?.[0] ?? dirname(from);
    const allowed = rule.may.some((pattern) => new RegExp(pattern.source.replace('{module}', own)).test(to));
    return allowed ? [] : [`${from} may not import ${to}`];
  });
}

test('every file imports only what its place allows', () => {
  expect(files.length).toBeGreaterThan(50);
  expect(breaches()).toEqual([]);
});

// proves C1
test('drivers are imported by the one factory of handles alone', () => {
  const users = imports
    .filter(({ to }) => to === 'pg' || to.startsWith('@electric-sql/pglite'))
    .map(({ from }) => from);
  expect([...new Set(users)].filter((file) => !file.startsWith('packages/db/src/testing'))).toEqual([
    'packages/db/src/database.ts',
    'packages/db/src/pglite.ts',
    'packages/db/src/shaped-query.ts',
  ]);
});

test('gRPC is spoken in packages/etcd alone', () => {
  const users = imports.filter(({ to }) => to.startsWith('@grpc/')).map(({ from }) => from);
  expect(users.length).toBeGreaterThan(0);
  expect(users.filter((file) => !file.startsWith('packages/etcd/'))).toEqual([]);
});

test('the client of Kubernetes is used in one file', () => {
  const users = imports.filter(({ to }) => to.startsWith('@kubernetes/')).map(({ from }) => from);
  expect(users.filter((file) => file !== 'packages/provisioner/src/kubernetes/client.ts')).toEqual([]);
});

/** Returns the files of one import circle, the first file again at its end; undefined when there is no circle. */
function circleIn(edges: readonly Import[]): string[] | undefined {
  const targets = new Map<string, string[]>();
  for (const { from, to } of edges) targets.set(from, [...(targets.get(from) ?? []), to]);
  const cleared = new Set<string>();
  const visit = (file: string, path: readonly string[]): string[] | undefined => {
    if (path.includes(file)) return [...path.slice(path.indexOf(file)), file];
    if (cleared.has(file)) return undefined;
    for (const next of targets.get(file) ?? []) {
      const circle = visit(next, [...path, file]);
      if (circle !== undefined) return circle;
    }
    cleared.add(file);
    return undefined;
  };
  for (const file of targets.keys()) {
    const circle = visit(file, []);
    if (circle !== undefined) return circle;
  }
  return undefined;
}

test.each(['bench/src', 'packages/client/src', 'packages/etcd/src', 'packages/server/src', 'packages/testing/src'])(
  'files of %s form no import circle, imports of types included',
  (folder) => {
    const edges = filesUnder(folder).flatMap(importsOf);
    expect(edges.length).toBeGreaterThan(5);
    expect(circleIn(edges)).toBeUndefined();
  },
);

test('an import circle is found wherever it is entered, and a diamond is none', () => {
  const edge = (from: string, to: string) => ({ from, to });
  const diamond = [edge('a', 'b'), edge('a', 'c'), edge('b', 'd'), edge('c', 'd')];
  expect(circleIn(diamond)).toBeUndefined();
  expect(circleIn([...diamond, edge('d', 'c')])).toEqual(['d', 'c', 'd']);
  expect(circleIn([edge('a', 'a')])).toEqual(['a', 'a']);
});

test('only transact opens a transaction to write, and only config reads the environment', () => {
  const uses = (pattern: RegExp) =>
    filesUnder('packages/server/src').filter((file) => pattern.test(readFileSync(join(root, file), 'utf8')));
  expect(uses(/\.transaction\(\)/)).toEqual(['packages/server/src/kernel/transact.ts']);
  expect(uses(/process\.env/)).toEqual(['packages/server/src/config.ts']);
  expect(uses(/new Date\(\)|Date\.now\(\)/)).toEqual(['packages/server/src/kernel/clock.ts']);
});

test('names of foreign hosts are resolved in one place, requests are made in one, and one starts threads', () => {
  const importers = (name: string) => imports.filter(({ from, to }) => from.startsWith(S) && to === name);
  const files = (name: string) => importers(name).map(({ from }) => from.slice(S.length + 1));
  expect(files('node:dns')).toEqual(['kernel/outbound/resolver.ts']);
  expect(files('node:https').sort()).toEqual(['kernel/outbound/kept-connections.ts', 'kernel/outbound/request.ts']);
  expect(files('node:worker_threads').sort()).toEqual(['kernel/async/thread-answers.ts', 'kernel/async/thread.ts']);
});

// proves A68
test('a module is a folder with a manifest, shapes, a service and a router', () => {
  const named = /^packages\/server\/src\/modules\/([^/]+)\//;
  const names = new Set(files.flatMap((file) => named.exec(file)?.[1] ?? []));
  for (const name of names) {
    const inside = files.filter((file) => file.startsWith(`${S}/modules/${name}/`));
    expect(inside, name).toContain(`${S}/modules/${name}/module.ts`);
    // A module may be cut into slices, each a folder with these files.
    for (const file of ['schema.ts', 'service.ts', 'router.ts'])
      expect(inside.filter((each) => each.endsWith(`/${file}`)).length, `${name}/${file}`).toBeGreaterThan(0);
  }
});

test('every module is listed in modules.ts, and nothing else imports a manifest', () => {
  const manifests = files.filter((file) => /\/modules\/[^/]+\/module\.ts$/.test(file));
  const users = imports.filter(({ to }) => manifests.includes(to));
  expect(users.map(({ to }) => to).sort()).toEqual(manifests.sort());
  expect([...new Set(users.map(({ from }) => from))]).toEqual([`${S}/modules.ts`]);
});

test('the goals, the glossary and the readme of bench name only files that exist, and each benchmark has a section', () => {
  const textOf = (document: string) => readFileSync(join(root, document), 'utf8');
  const named = ['docs/goals.md', 'docs/glossary.md', 'bench/README.md'].flatMap((document) =>
    [...textOf(document).matchAll(/`(?:node )?((packages|bench|kernel|modules|http)\/[\w./-]*)/g)].map(
      ([, path = '', top = '']) => (['packages', 'bench'].includes(top) ? path : `${S}/${path}`),
    ),
  );
  expect(named.length).toBeGreaterThan(40);
  expect(named.filter((path) => !existsSync(join(root, path)))).toEqual([]);
  const sections = [...textOf('bench/README.md').matchAll(/^## (\S+)$/gm)].map(([, name]) => name);
  const benchmarks = readdirSync(join(root, 'bench/src')).filter((name) => name.endsWith('.ts'));
  expect(benchmarks.filter((name) => !sections.includes(name.replace('.ts', '')))).toEqual([]);
});
