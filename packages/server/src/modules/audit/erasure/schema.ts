/** The shapes of redactions, of retention and of legal holds. */
import { z } from 'zod';
import { defineEvent } from '../../../kernel/events.ts';
import { pageInput, pageOf } from '../../../kernel/pagination.ts';
import { ACTOR_MAX, id, textUpTo, timestamp } from '../../../kernel/schema.ts';
import { address } from '../schema.ts';

const DAYS = { min: 30, max: 36_500 };
const REASON_MAX = 1_000;

const groups = ['who', 'what'] as const;
const group = z.enum(groups);
const count = z.int().min(0).max(Number.MAX_SAFE_INTEGER);

const about = {
  log: 'The log: the id of a tenant, of one that is deleted too, or the nil UUID for what belongs to no tenant.',
  groups:
    '`who`: the actor (id, name), the address and the reporting credential. `what`: the target (id, name), description, metadata, external_id and extra, which may name the actor too where a client of Retraced reported the row.',
  product: 'Only rows of this product; absent: of any.',
  actor_id: 'Rows of this actor.',
  target_id: 'Rows about this target.',
  source_ip: 'Rows from this address.',
};
const aboutReason = {
  description: 'Why. It is kept for ever, so it must name nobody.',
  examples: ['Request for erasure 2026-114.'],
};
const reason = z.string().min(1).max(REASON_MAX).meta(aboutReason);
const shownReason = textUpTo(REASON_MAX).meta(aboutReason);
const partyId = z.string().min(1).max(ACTOR_MAX);
const product = z.string().min(1).max(100);

export const requestRedactionInput = z
  .strictObject({
    tenant_id: id.describe(about.log),
    subject: z
      .strictObject({
        actor_id: partyId.optional().meta({ description: about.actor_id, examples: ['u-2391'] }),
        target_id: partyId.optional().meta({ description: about.target_id, examples: [] }),
        source_ip: address.optional().meta({ description: about.source_ip, examples: [] }),
      })
      .refine((subject) => Object.values(subject).some((value) => value !== undefined), 'must name one thing at least')
      .meta({
        id: 'AuditSubjectInput',
        description: 'Which rows: those that agree in everything that is given. One thing at least is given.',
        examples: [{ actor_id: 'u-2391' }],
      }),
    groups: z
      .array(group)
      .min(1)
      .max(groups.length)
      .refine((given) => new Set(given).size === given.length, 'must name each once')
      .meta({ description: about.groups, examples: [['who', 'what']] }),
    product: product.nullish().describe(about.product),
    reason,
  })
  .meta({ id: 'RequestAuditRedactionInput', description: 'What is to be erased.' });
export type RequestRedaction = z.output<typeof requestRedactionInput>;

const shownSubject = z
  .object({
    actor_id: textUpTo(ACTOR_MAX).nullable().describe(about.actor_id),
    target_id: textUpTo(ACTOR_MAX).nullable().describe(about.target_id),
    source_ip: textUpTo(45).nullable().describe(about.source_ip),
  })
  .meta({ id: 'AuditSubject', description: 'Which rows: those that agree in everything that is not null.' });

const redactionFields = {
  id,
  tenant_id: id.describe(about.log),
  subject: shownSubject.nullable().describe('Null once the redaction is done: it forgets whom it was about.'),
  product: textUpTo(100).nullable().describe(about.product),
  groups: z.array(group).meta({ description: about.groups, minItems: 1, maxItems: groups.length }),
  reason: shownReason,
  status: z.enum(['open', 'held', 'done']).describe('`held`: a legal hold that was placed meanwhile stops it.'),
  rows_read: count.describe('How many rows of the log were looked at so far.'),
  rows_changed: count.describe('How many of them were blanked so far.'),
  created_at: timestamp,
  finished_at: timestamp.nullable().describe('Null until all of it is done.'),
};

export const redaction = z
  .object(redactionFields)
  .meta({ id: 'AuditRedaction', description: 'The erasure of personal data in a log.' });
export type Redaction = z.infer<typeof redaction>;

export const requestedRedaction = z
  .object({
    ...redactionFields,
    subject: shownSubject
      .nullable()
      .optional()
      .describe(
        'Absent in the replay of a request with an Idempotency-Key, which does not keep it. Null once the redaction is done.',
      ),
  })
  .meta({ id: 'RequestedAuditRedaction', description: 'A redaction that goes on after the answer.' });

export const redactionId = z.strictObject({ id });
export const listRedactionsInput = z.strictObject({
  ...pageInput,
  tenant_id: id.optional().describe('Only those of this log.'),
});
export type ListRedactions = z.output<typeof listRedactionsInput>;
export const redactionPage = pageOf(redaction).meta({
  id: 'AuditRedactionPage',
  description: 'A page of redactions.',
});

const scopeInput = {
  tenant_id: id.nullish().describe(`Absent: all logs. ${about.log}`),
  product: product.nullish().meta({ description: 'Absent: every product.', examples: ['certifai'] }),
};
const shownScope = {
  tenant_id: id.nullable().describe('The log; null: all.'),
  product: textUpTo(100).nullable().describe('The product; null: every one.'),
};
const days = z
  .int()
  .min(DAYS.min)
  .max(DAYS.max)
  .meta({
    description: 'For how many days rows are kept, from when they were written.',
    examples: [730],
  });

export const scopeQuery = z.strictObject({
  tenant_id: id.optional().describe(`Absent: the one for all logs. ${about.log}`),
  product: product.optional().describe('Absent: the one for every product.'),
});
export type ScopeQuery = z.output<typeof scopeQuery>;

export const listRulesInput = z.strictObject(pageInput);
export type ListRules = z.output<typeof listRulesInput>;

const retentionRule = z
  .object({ ...shownScope, days, updated_at: timestamp })
  .meta({ id: 'AuditRetentionRule', description: 'For how long rows of a scope are kept.' });

export const retentionPage = pageOf(retentionRule)
  .extend({
    default_days: days.describe('For how many days rows are kept that no rule is about (AUDIT_RETENTION_DAYS).'),
  })
  .meta({ id: 'AuditRetention', description: 'A page of the rules, the widest scopes first.' });

export const setRetentionInput = z
  .strictObject({ ...scopeInput, days })
  .meta({ id: 'SetAuditRetentionInput', description: 'A rule and its scope. Without a scope it is the default.' });
export type SetRetention = z.output<typeof setRetentionInput>;

export const hold = z
  .object({ ...shownScope, reason: shownReason, created_at: timestamp })
  .meta({ id: 'AuditHold', description: 'A legal hold: rows that nothing may erase or delete.' });
export type Hold = z.infer<typeof hold>;

export const holdPage = pageOf(hold).meta({ id: 'AuditHoldPage', description: 'A page of legal holds.' });

export const placeHoldInput = z
  .strictObject({ ...scopeInput, reason })
  .refine(({ tenant_id, product }) => (tenant_id ?? product ?? null) !== null, 'must name a log, a product or both')
  .meta({ id: 'PlaceAuditHoldInput', description: 'What is held: a log, a product, or a product in a log.' });
export type PlaceHold = z.output<typeof placeHoldInput>;

const changed = {
  job_id: id.describe('The job that did it.'),
  log: id.describe(about.log),
  tenant_id: id.nullable().describe('The tenant; null for the log of a deleted one, and for that of the platform.'),
  rows: count.describe('How many rows.'),
  groups: z.array(group).max(groups.length).describe('What was erased of them; empty: they were deleted.'),
  leaves_sha256: textUpTo(64).describe(
    'SHA-256 of the indexes of their leaves, as PostgreSQL writes an int8multirange.',
  ),
};
const rule = {
  /** The log of the rule; null: all logs. */
  log: id.nullable().describe('The log; null: all.'),
  tenant_id: id.nullable().describe('The tenant; null where the rule is not about a tenant that exists.'),
  product: textUpTo(100).nullable().describe('The product; null: every one.'),
};

interface OfLog {
  readonly tenant_id: string | null;
  readonly product?: string | null;
}
const ofJob = ({ tenant_id, job_id, product = null }: OfLog & { readonly job_id: string }) => ({
  tenant_id,
  product,
  target: { type: 'audit_job', id: job_id, name: null },
});
const ofRule = ({ tenant_id, log, product = null }: OfLog & { readonly log: string | null }) => ({
  tenant_id,
  product,
  target: { type: 'audit_scope', id: [log ?? '*', product ?? '*'].join(' '), name: null },
});

export const erasureEvents = {
  redactionRequested: defineEvent({
    type: 'audit.redaction_requested',
    description: 'The erasure of personal data in a log was asked for. The event does not say whose.',
    payload: z.object({
      job_id: changed.job_id,
      log: changed.log,
      tenant_id: changed.tenant_id,
      product: redactionFields.product,
      groups: redactionFields.groups,
      reason: shownReason,
    }),
    subject: ofJob,
  }),
  redacted: defineEvent({
    type: 'audit.redacted',
    description: 'Personal data of rows of a log were erased. What the rows say besides is as it was.',
    payload: z.object(changed),
    subject: ofJob,
  }),
  pruned: defineEvent({
    type: 'audit.pruned',
    description: 'Rows of a log were deleted because of their age.',
    payload: z.object(changed),
    subject: ofJob,
  }),
  retentionSet: defineEvent({
    type: 'audit.retention_set',
    description: 'A rule of how long audit rows are kept was set or removed.',
    payload: z.object({ ...rule, days: days.nullable().describe('Null: the rule was removed.') }),
    subject: ofRule,
  }),
  holdPlaced: defineEvent({
    type: 'audit.hold_placed',
    description: 'Audit rows were put under a legal hold.',
    payload: z.object({ ...rule, reason: shownReason }),
    subject: ofRule,
  }),
  holdReleased: defineEvent({
    type: 'audit.hold_released',
    description: 'A legal hold of audit rows was released.',
    payload: z.object(rule),
    subject: ofRule,
  }),
} as const;
