/** The member that webhooks add to `ctx`, beside the attempts of deliveries. */
import type { Gate } from '../../kernel/gate.ts';

declare module '../../kernel/context.ts' {
  interface Ports {
    /** Stands in front of tests: an endpoint may take seconds to answer. */
    readonly webhookTests: Gate;
  }
}

export const testsGate = {
  name: 'webhook_tests',
  places: 16,
  waitingMax: 64,
  tenantPlacesMax: 2,
  tenantWaitingMax: 4,
} as const;

/** Webhooks that a tenant has, or the platform. */
export const WEBHOOKS_MAX = 50;
