/** Redactions, retention and legal holds on the wire. */
import { z } from 'zod';
import { kernelErrors } from '../../../kernel/errors.ts';
import { routes } from '../../../kernel/routes.ts';
import { procedure } from '../../../kernel/trpc.ts';
import { erasureErrors } from './errors.ts';
import {
  hold,
  holdPage,
  listRedactionsInput,
  listRulesInput,
  placeHoldInput,
  redaction,
  redactionId,
  redactionPage,
  requestedRedaction,
  requestRedactionInput,
  retentionPage,
  scopeQuery,
  setRetentionInput,
} from './schema.ts';
import {
  getRedaction,
  listHolds,
  listRedactions,
  listRetention,
  placeHold,
  releaseHold,
  removeRetention,
  requestRedaction,
  setRetention,
} from './service.ts';

const on = routes({ tag: 'Audit' });

export const erasureProcedures = {
  redact: procedure('audit:manage')
    .meta({
      // A stored answer would keep what is to be forgotten.
      secretFields: ['subject'],
      rest: on.accept('/v1/audit/redactions', {
        operation: 'request_audit_redaction',
        summary: 'Erase personal data',
        description:
          'Blanks the groups in all rows of the log that agree with the subject and were written before the request, and in the copies that webhooks and feeds read. Action, times and types stay, and so does the proof: the hash of each group is kept, its salt is not. Ask for both groups at once: rows whose actor is erased are not found by it again. Rows that a legal hold could cover are 409 `legal_hold`.',
        errors: [erasureErrors.legalHold, kernelErrors.notFound],
      }),
    })
    .input(requestRedactionInput)
    .output(requestedRedaction)
    .mutation(({ ctx, input }) => requestRedaction(ctx, input)),

  listRedactions: procedure('audit:manage')
    .meta({
      rest: on.list('/v1/audit/redactions', {
        operation: 'list_audit_redactions',
        summary: 'List redactions',
        description: 'Newest first, with how far each has come.',
      }),
    })
    .input(listRedactionsInput)
    .output(redactionPage)
    .query(({ ctx, input }) => listRedactions(ctx, input)),

  getRedaction: procedure('audit:manage')
    .meta({
      hashedFields: ['status', 'rows_read', 'rows_changed', 'finished_at'],
      rest: on.get('/v1/audit/redactions/{id}', {
        operation: 'get_audit_redaction',
        summary: 'Get a redaction',
        description: 'With how far it has come. Once it is done it does not say whom it was about.',
      }),
    })
    .input(redactionId)
    .output(redaction)
    .query(({ ctx, input }) => getRedaction(ctx, input.id)),

  listRetention: procedure('audit:manage')
    .meta({
      rest: on.list('/v1/audit/retention', {
        operation: 'list_audit_retention',
        summary: 'List how long audit rows are kept',
        description:
          'The widest rules first. Of the rules that are about a row, the most specific decides: of a product in a log, of a log, of a product, of all.',
      }),
    })
    .input(listRulesInput)
    .output(retentionPage)
    .query(({ ctx, input }) => listRetention(ctx, input)),

  setRetention: procedure('audit:manage')
    .meta({
      rest: on.set('/v1/audit/retention', {
        operation: 'set_audit_retention',
        summary: 'Set how long audit rows are kept',
        description:
          'Sets the rule of the scope, and replaces the one that is there. Rows that are older are deleted soon after; the hash of each stays in the log. A shorter time where a legal hold covers the whole scope is 409 `legal_hold`.',
        errors: [erasureErrors.legalHold, kernelErrors.notFound],
      }),
    })
    .input(setRetentionInput)
    .output(z.void())
    .mutation(({ ctx, input }) => setRetention(ctx, input)),

  removeRetention: procedure('audit:manage')
    .meta({
      rest: on.remove('/v1/audit/retention', {
        operation: 'remove_audit_retention',
        summary: 'Remove a rule of retention',
        description: 'The rule of exactly this scope: from then on the next wider one decides.',
        errors: [erasureErrors.legalHold, kernelErrors.notFound],
      }),
    })
    .input(scopeQuery)
    .output(z.void())
    .mutation(({ ctx, input }) => removeRetention(ctx, input)),

  listHolds: procedure('audit:manage')
    .meta({
      rest: on.list('/v1/audit/holds', {
        operation: 'list_audit_holds',
        summary: 'List legal holds',
        description: 'Those of all logs first.',
      }),
    })
    .input(listRulesInput)
    .output(holdPage)
    .query(({ ctx, input }) => listHolds(ctx, input)),

  placeHold: procedure('audit:manage')
    .meta({
      rest: on.create('/v1/audit/holds', {
        operation: 'place_audit_hold',
        summary: 'Place a legal hold',
        description:
          'From the answer on, nothing erases or deletes rows of the log, of the product, or of the product in the log. Redactions that are under way stop. The hold outlives its tenant.',
        errors: [erasureErrors.holdExists, kernelErrors.notFound],
        etag: false,
        location: false,
      }),
    })
    .input(placeHoldInput)
    .output(hold)
    .mutation(({ ctx, input }) => placeHold(ctx, input)),

  releaseHold: procedure('audit:manage')
    .meta({
      rest: on.remove('/v1/audit/holds', {
        operation: 'release_audit_hold',
        summary: 'Release a legal hold',
        description: 'The hold of exactly this scope. Redactions that it stopped go on.',
        errors: [kernelErrors.notFound],
      }),
    })
    .input(scopeQuery)
    .output(z.void())
    .mutation(({ ctx, input }) => releaseHold(ctx, input)),
} as const;
