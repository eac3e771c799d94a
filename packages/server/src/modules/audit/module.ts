/** The audit log: what happened, who did it and to what. */
import { createGate, type Gate } from '../../kernel/gate.ts';
import { defineModule } from '../../kernel/module.ts';
import { bootstrapEvents } from './bootstrapped.ts';
import { auditSettings } from './environment.ts';
import { erasureErrors } from './erasure/errors.ts';
import { pruneWorker } from './erasure/prune.worker.ts';
import { redactWorker } from './erasure/redact.worker.ts';
import { erasureEvents } from './erasure/schema.ts';
import { auditErrors } from './errors.ts';
import { auditPermissions } from './permissions.ts';
import { proofErrors } from './proofs/errors.ts';
import { proofEvents } from './proofs/schema.ts';
import { reservedBy } from './reserved.ts';
import { auditRouter } from './router.ts';
import { type Anchors, createAnchors } from './sealing/anchors.ts';
import { checkpointWorker } from './sealing/checkpoint.worker.ts';
import { createSealingMonitor, type SealingMonitor } from './sealing/monitor.ts';
import { createSealPace, type SealPace } from './sealing/pace.ts';
import { sealingEvents } from './sealing/schema.ts';
import { sealWorker } from './sealing/seal.worker.ts';
import { createSigning, type Signing } from './sealing/signing.ts';

/** An export holds one batch of rows, and a connection of the pool while it reads one: so many are under way at once. */
const exportGate = {
  name: 'exports',
  places: 16,
  waitingMax: 0,
  tenantPlacesMax: 2,
  tenantWaitingMax: 0,
  retryAfter: 5,
};

declare module '../../kernel/context.ts' {
  interface Ports {
    readonly audit: {
      /** Every export has a place of it from its first row to its last. */
      readonly exports: Gate;
      /** Tells whether an action is the registry's own, so that no product may report it. */
      readonly isReserved: (action: string) => boolean;
      readonly signing: Signing;
      /** How often logs that grew are signed. */
      readonly checkpointSeconds: number;
      /** What this process keeps while it seals and signs. */
      readonly sealing: {
        readonly monitor: SealingMonitor;
        readonly pace: SealPace;
        readonly anchors: Anchors;
        /** Until then it signs nothing, because its last round failed in part; milliseconds since 1970. */
        restsUntilMs: number;
      };
      /** Whether every sealed row becomes an event, or only while a webhook asks for it. */
      readonly events: 'subscribed' | 'always';
      /** For how long rows are kept that no rule speaks of. */
      readonly retentionDays: number;
    };
  }
}

interface AuditConfig {
  readonly auditSigningKeys: readonly string[];
  readonly auditOrigin: string;
  readonly auditCheckpointSeconds: number;
  readonly auditAnchorFile: string | null;
  readonly auditEvents: 'subscribed' | 'always';
  readonly auditRetentionDays: number;
}

export const auditModule = defineModule({
  router: auditRouter,
  tag: {
    name: 'Audit',
    description: 'What happened, who did it and to what. Rows are added and read, never changed.',
  },
  errors: { ...auditErrors, ...proofErrors, ...erasureErrors },
  events: { ...bootstrapEvents, ...proofEvents, ...sealingEvents, ...erasureEvents },
  permissions: auditPermissions,
  settings: auditSettings,
  workers: [sealWorker, checkpointWorker, redactWorker, pruneWorker],
  provide({ metrics, eventTypes, clock }, config: AuditConfig) {
    const exports = createGate(exportGate);
    metrics.observeGate(exports);
    return {
      audit: {
        exports,
        isReserved: reservedBy(eventTypes),
        signing: createSigning(config.auditOrigin, config.auditSigningKeys),
        checkpointSeconds: config.auditCheckpointSeconds,
        sealing: {
          monitor: createSealingMonitor(metrics, () => clock().getTime()),
          pace: createSealPace(() => clock().getTime()),
          anchors: createAnchors(config.auditAnchorFile),
          restsUntilMs: 0,
        },
        events: config.auditEvents,
        retentionDays: config.auditRetentionDays,
      },
    };
  },
});
