/** Lists of configurations: of a project, in one state, and of a tenant. */
import { configPages } from '@tenant-registry/db';
import type { ActorContext } from '../../../kernel/context.ts';
import { paginateLarge } from '../../../kernel/cursors.ts';
import { kernelErrors } from '../../../kernel/errors.ts';
import { spanOf } from '../../../kernel/reach.ts';
import { readableTenant } from '../../tenants/service.ts';
import { cursorOf } from '../cursor.ts';
import { readablePlace } from '../place.ts';
import { knownEpoch, toStored } from '../store/pages.ts';
import type { StoredConfig } from '../store/port.ts';
import { shown } from '../values/shown.ts';
import { type Moment, momentOf, readingStates } from './moment.ts';
import type { ListConfigs, ListedConfig, ListTenantConfigs } from './schema.ts';
import { pageOfState } from './state-pages.ts';

/** Rows of a page that one statement looks at: the database computes the size of each. */
const PAGE_ROWS = 64;

/**
 * One page of the project's keys in the order of their bytes. The cursor between pages carries the state, so all pages are of
 * one, whatever is written meanwhile. Throws `config_state_unknown`, `invalid_cursor`,
 * `not_found`, `tenant_archived`, `tenant_busy`.
 */
export async function listConfigs(ctx: ActorContext, input: ListConfigs) {
  const place = await readablePlace(ctx, input.project_id);
  const { prefix = '', schema_id, contains, content } = input;
  const filter = { prefix, schema_id, contains: contains && JSON.stringify(JSON.parse(contains)), content };
  const isLater = input.cursor !== undefined;
  const inDatabase = schema_id !== undefined || contains !== undefined;
  let state = isLater ? undefined : await momentOf(ctx, place, { moment: input.at, pointer: '/at', inDatabase });
  const page = await paginateLarge(ctx, {
    list: 'configs',
    input,
    rowsAtOnce: PAGE_ROWS,
    keyOf: (row: ListedConfig) => [row.key, ...partsOf(known(state))],
    async fetch({ limit, bytesMax, after: [after, ...parts] = [] }) {
      const at = after === undefined ? known(state) : momentFrom(parts);
      state = at;
      const keys = { after, limit, bytesMax };
      const read = () => pageOfState(ctx, place, { ...filter, ...keys, at, byTime: at.byTime });
      const { rows, more } = await readingStates(isLater ? [] : ['/at'], read);
      return { rows: rows.map((row) => listed(row, at.epoch, content)), more };
    },
  });
  return { ...page, state: cursorOf(place, known(state)) };
}

function known(state: Moment | undefined): Moment {
  if (state === undefined) throw new Error('the first page of a request names its state');
  return state;
}

const partsOf = ({ epoch, revision, byTime }: Moment) => [epoch, String(revision), byTime ? 't' : ''];

/** The parts are from a cursor, which the registry has signed. */
function momentFrom([epoch, revision, byTime]: readonly string[]): Moment {
  if (epoch === undefined) throw kernelErrors.invalidCursor();
  return { epoch, revision: Number(revision), byTime: byTime === 't' };
}

/**
 * One page of the current values of a tenant, by project and key; a caller that is bound to a project gets those of it. It is
 * read from the database, each page as it is then. Throws `invalid_cursor`, `not_found`, `tenant_archived`, `tenant_busy`.
 */
export async function listTenantConfigs(ctx: ActorContext, input: ListTenantConfigs) {
  const { tenant_id, prefix = '', schema_id, contains, content } = input;
  const { project_id } = spanOf(ctx, {});
  await readableTenant(ctx, tenant_id);
  const filter = { schema_id, contains: contains && JSON.stringify(JSON.parse(contains)), content };
  const { kind } = ctx.configStore;
  return paginateLarge(ctx, {
    list: 'configs_of_tenant',
    input,
    rowsAtOnce: PAGE_ROWS,
    keyOf: (row: ListedConfig) => [row.project_id, row.key],
    async fetch({ limit, bytesMax, after }) {
      const [project = '', key = ''] = after ?? [];
      const start = after === undefined ? undefined : { project_id: project, key };
      const keys = { tenant_id, project_id, prefix, after: start, limit, bytesMax };
      const { epoch, rows, more } = await configPages.listTenantConfigs(ctx.db, { ...keys, ...filter, kind });
      return { rows: rows.map((row) => listed(toStored(row), knownEpoch(epoch), content)), more };
    },
  });
}

function listed(row: StoredConfig, epoch: string, withContent: boolean): ListedConfig {
  const { content, ...rest } = shown(row, epoch);
  return withContent ? { ...rest, content } : rest;
}
