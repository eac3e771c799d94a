/** Schemas of configurations: created, read, renamed and deleted. */
import { configSchemas } from '@tenant-registry/db';
import type { ActorContext } from '../../kernel/context.ts';
import { paginate } from '../../kernel/cursors.ts';
import { newId } from '../../kernel/ids.ts';
import { spanOf } from '../../kernel/reach.ts';
import { transact } from '../../kernel/transact.ts';
import { expectRoomInTenant, lockTenantWithRoom, readableTenant, writableTenant } from '../tenants/service.ts';
import { holdCaller } from '../users/service.ts';
import { configSchemaErrors } from './errors.ts';
import { authorOf, listed, lockWritableSchema, readableSchema, shown, toldOf, withText } from './rows.ts';
import {
  type ConfigSchema,
  type CreateConfigSchema,
  configSchemaEvents,
  type GetConfigSchema,
  type ListConfigSchemas,
  type ListedConfigSchema,
  type UpdateConfigSchema,
} from './schema.ts';

/** The name of the quota. */
export const QUOTA = 'config_schemas';

/**
 * Creates a schema, whose content is its version 1. Throws `schema_invalid`, `validation_too_costly`, `schema_name_taken`,
 * `quota_exceeded`, `not_found`, `tenant_frozen`.
 */
export async function createConfigSchema(ctx: ActorContext, input: CreateConfigSchema): Promise<ConfigSchema> {
  const { tenant_id, name, description, content } = input;
  const room = { tenant_id, quota: QUOTA };
  await writableTenant(ctx, tenant_id);
  await expectRoomInTenant(ctx, room);
  const text = JSON.stringify(content);
  await ctx.jsonSchemas.check(tenant_id, text);
  return transact(ctx, async (tx, record) => {
    await lockTenantWithRoom(ctx, tx, room);
    const created = { tenant_id, created_by: { ...authorOf(ctx) }, created_at: ctx.clock() };
    const created_by_user_id = await holdCaller(ctx, tx);
    const named = { id: newId(ctx.clock), name, description: description ?? null, created_by_user_id };
    const row = await configSchemas.insertConfigSchema(tx, { ...created, ...named });
    const first = { ...created, schema_id: row.id, version: row.latest_version, content: text };
    await configSchemas.insertConfigSchemaVersion(tx, first);
    await record(configSchemaEvents.created, toldOf({ row, text }));
    return shown({ row, text });
  });
}

/** One page of a tenant's schemas, newest first. Throws `invalid_cursor`, `not_found`, `tenant_archived`. */
export async function listConfigSchemas(ctx: ActorContext, input: ListConfigSchemas) {
  const { tenant_id, project_id } = input;
  spanOf(ctx, { project_id });
  await readableTenant(ctx, tenant_id);
  return paginate(ctx.cursors, {
    list: 'config_schemas',
    input,
    keyOf: (row: ListedConfigSchema) => [row.id],
    fetch: async (page) => (await configSchemas.listConfigSchemas(ctx.db, tenant_id, page)).map(listed),
  });
}

/** Throws `not_found`, `tenant_archived`. */
export async function getConfigSchema(ctx: ActorContext, named: GetConfigSchema): Promise<ConfigSchema> {
  return shown(await withText(ctx.db, await readableSchema(ctx, named)));
}

/** Changes name or description. Throws `schema_name_taken`, `not_found`, `tenant_frozen`, `precondition_failed`. */
export async function updateConfigSchema(
  ctx: ActorContext,
  { id, ...changes }: UpdateConfigSchema,
): Promise<ConfigSchema> {
  return transact(ctx, async (tx, record, nothingChanged) => {
    const held = await lockWritableSchema(ctx, tx, id);
    if (Object.keys(changes).length === 0) {
      nothingChanged();
      return shown(held);
    }
    const changed = { ...held, row: await configSchemas.updateConfigSchema(tx, id, changes) };
    await record(configSchemaEvents.updated, toldOf(changed));
    return shown(changed);
  });
}

/**
 * Deletes a schema that no value is checked against, also none that the database does not have yet; its versions stay for the
 * history of the keys. Throws `schema_in_use` with the counts, `not_found`, `tenant_frozen`, `precondition_failed`,
 * `unavailable`, `config_store_full`.
 */
export async function deleteConfigSchema(ctx: ActorContext, id: string): Promise<void> {
  await transact(ctx, async (tx, record) => {
    const held = await lockWritableSchema(ctx, tx, id);
    const { tenant_id } = held.row;
    // Under the lock of the schema: a write that pins it meanwhile waits, or is checked again.
    const ahead = (await ctx.configStore.listUnrelayedPins?.(ctx, tenant_id)) ?? [];
    const in_use = await configSchemas.findConfigSchemaUse(tx, { tenant_id, schema_id: id, ahead });
    if (in_use.configs > 0) throw configSchemaErrors.schemaInUse({ members: { in_use } });
    await configSchemas.updateConfigSchema(tx, id, { deleted_at: ctx.clock() });
    await record(configSchemaEvents.deleted, toldOf(held));
  });
}
