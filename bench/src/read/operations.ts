/** What is asked of the servers under load, and what their answers are compared by. */

import type { Loaded } from '../lib/cpu-rounds.ts';
import type { Comparison } from '../lib/figure-ratios.ts';
import type { OwnRequest, Target } from '../lib/load.ts';
import { searches, tenantIdOf } from './rows.ts';
import type { Contender, Place } from './world.ts';

export const operationNames = ['read', 'list', 'search', 'create'] as const;
export type OperationName = (typeof operationNames)[number];

/** Servers that take turns under one kind of load, and how they are compared. */
export interface Group {
  readonly loaded: readonly Loaded[];
  readonly comparisons: readonly Comparison[];
  /** Absent: as many as wanted. */
  readonly connectionsMax?: number;
}

/** Ids that a connection asks for in turn. */
const IDS_PER_CONNECTION = 64;
/** More than any server creates in a second on a machine of today. */
const CREATIONS_PER_SECOND = 20_000;

let created = 0;

export const requestsFor = {
  read: (id: string) => `/v1/tenants/${id}`,
  trpc: (id: string) => `/trpc/tenants.get?input=${encodeURIComponent(JSON.stringify({ id }))}`,
  list: () => '/v1/tenants?limit=50',
  match: () => `/v1/tenants?limit=50&q=${searches.match}`,
  none: () => `/v1/tenants?limit=50&q=${searches.none}`,
  many: () => `/v1/tenants?limit=50&q=${searches.many}`,
} as const;

const isTenant = (body: string): boolean => body.includes('"slug":"t-');
const isPage = (body: string): boolean => body.startsWith('{"items":[{"id"');
const isEmptyPage = (body: string): boolean => body.startsWith('{"items":[]');

/**
 * No more than the pools have: where no index helps, a statement takes a fifth of a second, and a caller without a
 * connection would be refused after two.
 */
const SEARCH_CONNECTIONS_MAX = 10;

interface Given {
  /** The product first, then the hand-written server, then the other checkout, if there is one. */
  readonly places: readonly Place[];
  /** Headers of a caller that belongs to the first tenant of the first place. */
  readonly tenant: Readonly<Record<string, string>>;
  readonly seconds: number;
}

/** The groups of each operation. */
export const groups: Readonly<Record<OperationName, (given: Given) => readonly Group[]>> = {
  read: (given) => [readGroup(given)],
  list: ({ places }) => [pagesGroup(places, { what: 'list', path: requestsFor.list(), accepts: isPage })],
  search: ({ places }) =>
    (
      [
        { what: 'search, few match', path: requestsFor.match(), accepts: isPage },
        { what: 'search, none match', path: requestsFor.none(), accepts: isEmptyPage },
      ] as const
    ).map((page) => ({ ...pagesGroup(places, page), connectionsMax: SEARCH_CONNECTIONS_MAX })),
  create: ({ places, seconds }) => [
    {
      loaded: places.map((place) => creating(nameOf('create', place.contender), place, seconds)),
      comparisons: againstOthers('create', places),
    },
  ],
};

function readGroup({ places, tenant }: Given): Group {
  const [ours] = places;
  if (ours === undefined) throw new Error('the product is always measured');
  const rest = (place: Place) =>
    reading({ name: nameOf('REST read', place.contender), place, pathOf: requestsFor.read, accepts: isTenant });
  const trpc = (place: Place) =>
    reading({ name: nameOf('tRPC read', place.contender), place, pathOf: requestsFor.trpc, accepts: isTenant });
  const own = { name: "REST read, a tenant's key", place: ours, pathOf: requestsFor.read, accepts: isTenant };
  const byHand = nameOf('REST read', 'by hand');
  const cpu = { figure: 'cpu_ms_per_1000', of: 'tRPC read', to: 'REST read', goal: { most: 2 } } as const;
  return {
    loaded: [
      ...places.map(rest),
      ...places.filter(({ contender }) => contender !== 'by hand').map(trpc),
      reading({ ...own, headers: tenant, only: 1 }),
    ],
    comparisons: [
      { figure: 'requests_per_second', of: 'REST read', to: byHand, goal: { least: 0.7 } },
      { figure: 'requests_per_second', of: 'tRPC read', to: byHand, goal: { least: 0.4 } },
      { figure: 'requests_per_second', of: own.name, to: byHand },
      cpu,
      { figure: 'cpu_ms_per_1000', of: 'REST read', to: byHand },
      ...againstBefore('REST read', places),
      ...againstBefore('tRPC read', places),
    ],
  };
}

interface PageAsked {
  readonly what: string;
  readonly path: string;
  readonly accepts: (body: string) => boolean;
}

function pagesGroup(places: readonly Place[], { what, path, accepts }: PageAsked): Group {
  return {
    loaded: places.map((place) => reading({ name: nameOf(what, place.contender), place, pathOf: () => path, accepts })),
    comparisons: againstOthers(what, places),
  };
}

function againstOthers(what: string, places: readonly Place[]): Comparison[] {
  const byHand = nameOf(what, 'by hand');
  return [
    { figure: 'requests_per_second', of: what, to: byHand },
    { figure: 'cpu_ms_per_1000', of: what, to: byHand },
    ...againstBefore(what, places),
  ];
}

function againstBefore(what: string, places: readonly Place[]): Comparison[] {
  if (!places.some(({ contender }) => contender === 'before')) return [];
  const to = nameOf(what, 'before');
  return [
    { figure: 'requests_per_second', of: what, to },
    { figure: 'cpu_ms_per_1000', of: what, to },
  ];
}

interface Reading {
  readonly name: string;
  readonly place: Place;
  readonly pathOf: (id: string) => string;
  readonly accepts: (body: string) => boolean;
  readonly headers?: Readonly<Record<string, string>>;
  /** The one tenant that is asked for; absent: all by turns. */
  readonly only?: number;
}

/** Returns GET requests; those for one tenant are spread over all of them. */
function reading({ name, place, pathOf, accepts, headers = place.headers, only }: Reading): Loaded {
  const { url, pid, size } = place;
  const requestsOf = (connection: number): OwnRequest[] =>
    Array.from({ length: IDS_PER_CONNECTION }, (_, i) => {
      // A prime step visits the table in no order.
      const n = only ?? 1 + (((connection * IDS_PER_CONNECTION + i) * 7_919) % size);
      return { method: 'GET', path: pathOf(tenantIdOf(n)) };
    });
  const target: Target = { name, url, headers, bodies: [], requestsOf, accepts };
  return { name, pid, targetOf: () => target };
}

/** Returns creations of tenants, each with a slug of its own. */
function creating(name: string, { url, pid, headers }: Place, seconds: number): Loaded {
  const bodyOf = () => {
    created += 1;
    return JSON.stringify({
      slug: `new-${created}`,
      name: `New ${created}`,
      plan: 'professional',
      region: 'eu-central',
    });
  };
  const accepts = (body: string) => body.includes('"status":"trial"');
  const targetOf = (): Target => {
    const bodies = Array.from({ length: seconds * CREATIONS_PER_SECOND }, bodyOf);
    return { name, url: `${url}/v1/tenants`, headers, bodies, rotates: true, accepts };
  };
  return { name, pid, targetOf };
}

const NAMES = { registry: '', 'by hand': ', by hand', before: ', before' } as const satisfies Record<Contender, string>;

/** Returns the name of a row of the table. */
function nameOf(what: string, contender: Contender): string {
  return `${what}${NAMES[contender]}`;
}
