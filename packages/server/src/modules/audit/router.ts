/** The audit log on the wire: one expression per endpoint. */

import { kernelErrors } from '../../kernel/errors.ts';
import { routes } from '../../kernel/routes.ts';
import { procedure, router } from '../../kernel/trpc.ts';
import { erasureProcedures } from './erasure/router.ts';
import { auditErrors } from './errors.ts';
import { proofProcedures } from './proofs/router.ts';
import {
  appendAuditEventInput,
  appendAuditEventsInput,
  appendedAuditEvents,
  auditEvent,
  auditEventId,
  auditEventPage,
  auditExport,
  BULK_BYTES_MAX,
  exportAuditEventsInput,
  exportExamples,
  listAuditEventsInput,
} from './schema.ts';
import { appendAuditEvent, appendAuditEvents, exportAuditEvents, getAuditEvent, listAuditEvents } from './service.ts';

const on = routes({ tag: 'Audit' });

export const auditRouter = router({
  ...proofProcedures,
  ...erasureProcedures,

  append: procedure('audit:append')
    .meta({
      rest: on.create('/v1/audit', {
        operation: 'append_audit_event',
        summary: 'Append an audit event',
        description:
          'For what happened in a product: the registry writes the events of its own changes by itself, and an action that begins with a noun of them (`tenant`, `api_key`, …) is refused. The row says that it was reported, and by which credential. A frozen or archived tenant is no hindrance. An unknown tenant is 404.',
        errors: [auditErrors.occurredInTheFuture, auditErrors.reservedAction],
      }),
    })
    .input(appendAuditEventInput)
    .output(auditEvent)
    .mutation(({ ctx, input }) => appendAuditEvent(ctx, input)),

  appendBulk: procedure('audit:append')
    .meta({
      rest: on.create('/v1/audit/bulk', {
        operation: 'append_audit_events',
        summary: 'Append many audit events',
        description: 'All of them or, when one is wrong, none: the problem names the event.',
        errors: [auditErrors.occurredInTheFuture, auditErrors.reservedAction, kernelErrors.notFound],
        bodyBytesMax: BULK_BYTES_MAX,
        etag: false,
        location: false,
      }),
    })
    .input(appendAuditEventsInput)
    .output(appendedAuditEvents)
    .mutation(({ ctx, input }) => appendAuditEvents(ctx, input)),

  list: procedure('audit:read')
    .meta({
      rest: on.list('/v1/audit', {
        operation: 'list_audit_events',
        summary: 'List audit events',
        description: 'Newest first. Works for an archived tenant too; an unknown tenant has no events.',
      }),
    })
    .input(listAuditEventsInput)
    .output(auditEventPage)
    .query(({ ctx, input }) => listAuditEvents(ctx, input)),

  export: procedure('audit:read')
    .meta({
      surcharge: 'export',
      rest: on.list('/v1/audit/export', {
        operation: 'export_audit_events',
        summary: 'Export audit events',
        description:
          'All events that the filters find, newest first, sent while they are read. NDJSON: one AuditEvent on each line. CSV (RFC 4180): with a header, and with an apostrophe before what a spreadsheet would take for a formula. An answer that breaks off is not complete. Over tRPC it is not available.',
        stream: ['application/x-ndjson', 'text/csv'],
        example: { response: exportExamples },
      }),
    })
    .input(exportAuditEventsInput)
    .output(auditExport)
    .query(({ ctx, input }) => exportAuditEvents(ctx, input)),

  get: procedure('audit:read')
    .meta({
      rest: on.get('/v1/audit/{id}', {
        operation: 'get_audit_event',
        summary: 'Get an audit event',
        description: 'By id.',
      }),
    })
    .input(auditEventId)
    .output(auditEvent)
    .query(({ ctx, input }) => getAuditEvent(ctx, input.id)),
});
