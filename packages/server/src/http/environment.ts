/** Where requests come in, from whom they are believed to come, and how many are answered. */
import { z } from 'zod';
import { LEASE_MS_DEFAULT } from '../kernel/leases/environment.ts';
import { defineSettings, type Given, listenAddress, listIn, variable, whole } from '../kernel/settings.ts';
import { wrongProxy } from './trusted-proxies.ts';

const trustProxy = z
  .string()
  .superRefine((list, context) => {
    const wrong = wrongProxy(list);
    if (wrong === undefined) return;
    const message = `has ${JSON.stringify(wrong)}, which is no address and no network (10.1.0.0/16)`;
    context.addIssue({ code: 'custom', message });
  })
  .optional();

const corsOrigins = z
  .string()
  .transform(listIn)
  .superRefine((list, context) => {
    const wrong = list.find((origin) => !isOrigin(origin));
    if (wrong === undefined) return;
    const message = `has ${JSON.stringify(wrong)}, which is no origin: scheme, host and port alone, in lower case`;
    context.addIssue({ code: 'custom', message });
  })
  .default([]);

function isOrigin(text: string): boolean {
  return /^https?:[^*]+$/.test(text) && URL.canParse(text) && new URL(text).origin === text;
}

const publicUrl = z
  .string()
  .refine(isOrigin, 'must be an origin: scheme, host and perhaps a port alone, in lower case')
  .optional();

const TIMEOUT_MS = 8_000;
const TIMEOUT_WITHIN_LEASE =
  'REQUEST_TIMEOUT_MS must be longer than AUTHORITY_LEASE_MS: a change of authority may wait as long as a lease lasts';

export const httpSettings = defineSettings({
  variables: {
    INTERNAL_ADDR: variable(listenAddress, {
      about:
        'host:port for products and gateways: /v1/internal is then served there and nowhere else, so that the public listener does not know it, and /metrics too, without a credential. Empty: everything is served on HOST and PORT.',
    }),
    PUBLIC_URL: variable(publicUrl, {
      about:
        'The origin under which browsers reach the registry (https://registry.example): people come back to it from their identity provider, and requests that change something must come from its pages. Browsers keep the session cookie over https, and over http on this machine alone (localhost, 127.0.0.1). Empty: in dev the address that it listens on; elsewhere nobody signs in here.',
    }),
    TRUST_PROXY: variable(trustProxy, {
      about:
        'Proxies whose X-Forwarded-For is believed: addresses or networks (10.1.0.0/16), separated by commas; also loopback, linklocal and uniquelocal.',
    }),
    CORS_ORIGINS: variable(corsOrigins, {
      about:
        'Origins of pages in browsers that may call the public listener and read its answers, exactly as browsers name them (https://portal.example), separated by commas. Empty: no page of another origin may.',
    }),
    RATE_LIMIT_PER_MINUTE: variable(whole(0, 10_000_000, 6_000), {
      about:
        'Requests a minute that are answered, counted by each replica for itself, and by all PROCESSES of one supervisor together: of one principal (the internal token has no limit), of one address without an accepted credential, and wrong credentials of one address, after which only static tokens and cookies are looked at. 0: no limit.',
      shown: 6_000,
    }),
    RATE_LIMIT_ANONYMOUS_PER_MINUTE: variable(whole(0, 10_000_000, 300), { shown: 300 }),
    RATE_LIMIT_FAILURES_PER_MINUTE: variable(whole(0, 10_000_000, 20), { shown: 20 }),
    REQUEST_TIMEOUT_MS: variable(whole(100, 600_000, TIMEOUT_MS), {
      about:
        'How long a request may take before it is answered 503 and what it was doing is given up, in milliseconds; exports and feeds are excepted. Shorter than the patience of proxies in front, longer than AUTHORITY_LEASE_MS. A statement of the database gets three fifths of it.',
      shown: TIMEOUT_MS,
    }),
    RATE_LIMIT_TENANT_PER_MINUTE: variable(whole(0, 10_000_000, 12_000), {
      about:
        'What all people and keys of one tenant may spend together in a minute, in each replica: requests, and cost. A request costs one unit, one for each further 16 KiB of its answer, and a surcharge for work that takes much more: 100 for an argon2id hash or a request to another server, 50 for an export. 0: no limit.',
      shown: 12_000,
    }),
    RATE_LIMIT_TENANT_COST_PER_MINUTE: variable(whole(0, 1_000_000_000, 60_000), { shown: 60_000 }),
    EVENT_LOOP_DELAY_MAX_MS: variable(whole(0, 60_000, 1_000), {
      about:
        'How late this process may be before it answers 503 instead of queueing more, in milliseconds. 0: it queues. Default: 1000, and 0 with the embedded engine, which computes in this process.',
    }),
  },
  read: (data, given) => ({
    /** Where `/v1/internal` is served, and only there; null: beside everything else. */
    internalAddress: data.INTERNAL_ADDR ?? null,
    /** The origin of the registry's own pages; null: people do not sign in here. */
    publicUrl: data.PUBLIC_URL ?? listening(given),
    /** Addresses of proxies whose X-Forwarded-For is believed, as Fastify's `trustProxy`. */
    trustProxy: data.TRUST_PROXY ?? (false as const),
    /** Origins of pages that may read answers. */
    corsOrigins: data.CORS_ORIGINS as readonly string[],
    /** How long a request may take, without the arrival of its body. */
    requestTimeoutMs: data.REQUEST_TIMEOUT_MS,
    limits: {
      principalPerMinute: data.RATE_LIMIT_PER_MINUTE,
      tenantPerMinute: data.RATE_LIMIT_TENANT_PER_MINUTE,
      tenantCostPerMinute: data.RATE_LIMIT_TENANT_COST_PER_MINUTE,
      addressPerMinute: data.RATE_LIMIT_ANONYMOUS_PER_MINUTE,
      failuresPerMinute: data.RATE_LIMIT_FAILURES_PER_MINUTE,
      // The embedded engine computes in this process, which is late without being overloaded.
      eventLoopDelayMaxMs:
        (given['DATABASE_URL'] ?? given['EVENT_LOOP_DELAY_MAX_MS']) ? data.EVENT_LOOP_DELAY_MAX_MS : 0,
    },
  }),
  contradictions: ({ REQUEST_TIMEOUT_MS: timeout = TIMEOUT_MS, AUTHORITY_LEASE_MS: lease = LEASE_MS_DEFAULT }) =>
    Number(timeout) <= Number(lease) ? [TIMEOUT_WITHIN_LEASE] : [],
});

/** Returns the origin of the listener in dev, as browsers on this machine name it. */
function listening({ APP_ENV = 'dev', HOST = '127.0.0.1', PORT = '8090' }: Given): string | null {
  if (APP_ENV !== 'dev') return null;
  return `http://${HOST.includes(':') ? `[${HOST}]` : HOST}:${PORT}`;
}

/** What the servers read of the configuration. */
export type HttpConfig = ReturnType<typeof httpSettings.read> & {
  /** How long a connection without a request stays open while a server closes. */
  readonly shutdownIdleMs: number;
};
