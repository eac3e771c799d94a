/** Managed databases on the wire: one expression per endpoint. */
import { kernelErrors } from '../../kernel/errors.ts';
import { routes } from '../../kernel/routes.ts';
import { procedure, router } from '../../kernel/trpc.ts';
import { apiKeyErrors } from '../api-keys/errors.ts';
import { projectErrors } from '../projects/errors.ts';
import { tenancyErrors } from '../tenants/errors.ts';
import { databaseErrors } from './errors.ts';
import {
  getDatabase,
  getDatabaseConnection,
  listDatabaseEvents,
  listDatabases,
  listDatabaseTiers,
  projectOfDatabase,
} from './reading/service.ts';
import {
  createDatabaseInput,
  database,
  databaseConnection,
  databaseEventPage,
  databaseId,
  databaseOrphanPage,
  databasePage,
  databaseTierList,
  deleteDatabaseInput,
  listDatabaseEventsInput,
  listDatabaseOrphansInput,
  listDatabasesInput,
  listDatabaseTiersInput,
  passingFields,
  retryDatabaseInput,
  rotateDatabaseInput,
  updateDatabaseInput,
} from './schema.ts';
import { createDatabase, deleteDatabase, retryDatabase, rotateDatabase, updateDatabase } from './service.ts';
import { listDatabaseOrphans } from './survey/service.ts';

const on = routes({ tag: 'Databases', tenancy: tenancyErrors });

const hashedFields = passingFields;
const ofRow = { project: projectOfDatabase };
const ofSpec = [databaseErrors.tierNotFound, databaseErrors.overrideNotAllowed, databaseErrors.ownerTeamNotFound];

export const databasesRouter = router({
  create: procedure('databases:write', { project: 'project_id' })
    .meta({
      hashedFields,
      rest: on.create('/v1/databases', {
        operation: 'create_database',
        summary: 'Order a database',
        description:
          'The database is made after the answer: read it until it is `ready`, or follow the events. Its name can be ordered again once it is deleted.',
        errors: [
          ...ofSpec,
          kernelErrors.boundToProject,
          apiKeyErrors.projectNotFound,
          projectErrors.projectArchived,
          databaseErrors.databaseNameTaken,
          databaseErrors.databaseQuotaReached,
          databaseErrors.namespaceNotAllowed,
        ],
        inTenant: 'write',
      }),
    })
    .input(createDatabaseInput)
    .output(database)
    .mutation(({ ctx, input }) => createDatabase(ctx, input)),

  list: procedure('databases:read', { project: 'project_id' })
    .meta({
      rest: on.list('/v1/databases', {
        operation: 'list_databases',
        summary: 'List databases',
        description:
          'Newest first. Deleted ones are left out unless `include_deleted` or the status `deleted` asks for them. Those of frozen and archived tenants are shown too.',
      }),
    })
    .input(listDatabasesInput)
    .output(databasePage)
    .query(({ ctx, input }) => listDatabases(ctx, input)),

  get: procedure('databases:read', ofRow)
    .meta({
      hashedFields,
      rest: on.get('/v1/databases/{id}', {
        operation: 'get_database',
        summary: 'Get a database',
        description:
          'By id, deleted or not. The ETag leaves out `attempts`, `error_message` and `next_reconcile_at`, which move with each pass.',
      }),
    })
    .input(databaseId)
    .output(database)
    .query(({ ctx, input }) => getDatabase(ctx, input.id)),

  update: procedure('databases:write', ofRow)
    .meta({
      hashedFields,
      rest: on.update('/v1/databases/{id}', {
        operation: 'update_database',
        summary: 'Change a database',
        description:
          'Absent fields stay as they are. With `tier` it is specified anew from that tier as it is now, with the overrides given or those that it has. What changes is done after the answer: `in_sync` says when.',
        errors: [
          ...ofSpec,
          databaseErrors.databaseFieldImmutable,
          databaseErrors.cannotShrink,
          databaseErrors.tierElsewhere,
          databaseErrors.databaseQuotaReached,
          databaseErrors.illegalStep,
        ],
        inTenant: 'write',
      }),
    })
    .input(updateDatabaseInput)
    .output(database)
    .mutation(({ ctx, input }) => updateDatabase(ctx, input)),

  delete: procedure('databases:delete')
    .meta({
      hashedFields,
      rest: {
        ...on.remove('/v1/databases/{id}', {
          operation: 'delete_database',
          summary: 'Delete a database',
          description:
            'It is `deleting` until nothing that has to go is left, however long that takes; asked again, nothing changes. It goes through in a frozen and in an archived tenant too.',
          errors: [databaseErrors.confirmationMismatch, databaseErrors.deletionProtected, databaseErrors.illegalStep],
        }),
        status: 200,
        etag: true,
      },
    })
    .input(deleteDatabaseInput)
    .output(database)
    .mutation(({ ctx, input }) => deleteDatabase(ctx, input)),

  retry: procedure('databases:write', ofRow)
    .meta({
      hashedFields,
      rest: on.step('/v1/databases/{id}/retry', {
        operation: 'retry_database',
        summary: 'Try again now',
        description:
          'The database is looked at now. One in `error` starts again, with its whole time to become ready; a lost one only with `accept_data_loss`, as an empty database.',
        errors: [databaseErrors.dataLossNotAccepted, databaseErrors.illegalStep],
        inTenant: 'write',
      }),
    })
    .input(retryDatabaseInput)
    .output(database)
    .mutation(({ ctx, input }) => retryDatabase(ctx, input)),

  rotate: procedure('databases:write', ofRow)
    .meta({
      hashedFields,
      rest: on.step('/v1/databases/{id}/rotate', {
        operation: 'rotate_database',
        summary: 'Rotate the credentials',
        description:
          'The secret gets the user and the password of the other login once that is proved to work; the old login goes on for `grace_seconds` from then on. No answer ever shows a password.',
        errors: [databaseErrors.databaseNotReady, databaseErrors.rotationUnderWay],
        inTenant: 'write',
      }),
    })
    .input(rotateDatabaseInput)
    .output(database)
    .mutation(({ ctx, input }) => rotateDatabase(ctx, input)),

  connection: procedure('databases:read', ofRow)
    .meta({
      rest: on.list('/v1/databases/{id}/connection', {
        operation: 'get_database_connection',
        summary: 'Get how to connect',
        description: 'Host, port, and where user and password are. It has no password.',
        errors: [databaseErrors.databaseNotReady],
        inTenant: 'read',
      }),
    })
    .input(databaseId)
    .output(databaseConnection)
    .query(({ ctx, input }) => getDatabaseConnection(ctx, input.id)),

  events: procedure('databases:read', ofRow)
    .meta({
      rest: on.list('/v1/databases/{id}/events', {
        operation: 'list_database_events',
        summary: 'List what happened to a database',
        description: 'Newest first, from its order on, as the audit log has it.',
        errors: [kernelErrors.tenantBusy],
      }),
    })
    .input(listDatabaseEventsInput)
    .output(databaseEventPage)
    .query(({ ctx, input }) => listDatabaseEvents(ctx, input)),

  tiers: procedure('databases:read')
    .meta({
      rest: on.list('/v1/database-tiers', {
        operation: 'list_database_tiers',
        summary: 'List what can be ordered',
        description: 'Every tier with its spec, and with what an order may choose otherwise.',
      }),
    })
    .input(listDatabaseTiersInput)
    .output(databaseTierList)
    .query(({ ctx }) => listDatabaseTiers(ctx)),

  orphans: procedure('databases:survey')
    .meta({
      rest: on.list('/v1/database-orphans', {
        operation: 'list_database_orphans',
        summary: 'List what belongs to no live database',
        description:
          'Whatever carries the mark of this registry in the world of a provisioner and belongs to no database that is not deleted. The registry takes none of it away.',
        errors: [kernelErrors.notFound],
      }),
    })
    .input(listDatabaseOrphansInput)
    .output(databaseOrphanPage)
    .query(({ ctx, input }) => listDatabaseOrphans(ctx, input)),
});
