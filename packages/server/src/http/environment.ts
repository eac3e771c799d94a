/** Where requests come in, from whom they are believed to come, and how many are answered. */
import { z } from 'zod';
import { defineSettings, listenAddress, variable, whole } from '../kernel/settings.ts';
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

export const httpSettings = defineSettings({
  variables: {
    INTERNAL_ADDR: variable(listenAddress, {
      about:
        'host:port for products and gateways: /v1/internal is then served there and nowhere else, so that the public listener does not know it, and /metrics too, without a credential. Empty: everything is served on HOST and PORT.',
    }),
    TRUST_PROXY: variable(trustProxy, {
      about:
        'Proxies whose X-Forwarded-For is believed: addresses or networks (10.1.0.0/16), separated by commas; also loopback, linklocal and uniquelocal.',
    }),
    RATE_LIMIT_PER_MINUTE: variable(whole(0, 10_000_000, 6_000), {
      about:
        'Requests a minute that are answered, counted by each process for itself: of one principal (the internal token has no limit), of one address without an accepted credential, and wrong credentials of one address, after which only static tokens are looked at. 0: no limit.',
      shown: 6_000,
    }),
    RATE_LIMIT_ANONYMOUS_PER_MINUTE: variable(whole(0, 10_000_000, 300), { shown: 300 }),
    RATE_LIMIT_FAILURES_PER_MINUTE: variable(whole(0, 10_000_000, 20), { shown: 20 }),
    EVENT_LOOP_DELAY_MAX_MS: variable(whole(0, 60_000, 1_000), {
      about:
        'How late this process may be before it answers 503 instead of queueing more, in milliseconds. 0: it queues. Default: 1000, and 0 with the embedded engine, which computes in this process.',
    }),
  },
  read: (data, given) => ({
    /** Where `/v1/internal` is served, and only there; null: beside everything else. */
    internalAddress: data.INTERNAL_ADDR ?? null,
    /** Addresses of proxies whose X-Forwarded-For is believed, as Fastify's `trustProxy`. */
    trustProxy: data.TRUST_PROXY ?? (false as const),
    limits: {
      principalPerMinute: data.RATE_LIMIT_PER_MINUTE,
      addressPerMinute: data.RATE_LIMIT_ANONYMOUS_PER_MINUTE,
      failuresPerMinute: data.RATE_LIMIT_FAILURES_PER_MINUTE,
      // The embedded engine computes in this process, which is late without being overloaded.
      eventLoopDelayMaxMs:
        (given['DATABASE_URL'] ?? given['EVENT_LOOP_DELAY_MAX_MS']) ? data.EVENT_LOOP_DELAY_MAX_MS : 0,
    },
  }),
});

/** What the servers read of the configuration. */
export type HttpConfig = ReturnType<typeof httpSettings.read> & {
  /** How long a connection without a request stays open while a server closes. */
  readonly shutdownIdleMs: number;
};
