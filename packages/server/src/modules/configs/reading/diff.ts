/** What differs between two states of a project. */
import { configPages } from '@tenant-registry/db';
import type { ActorContext } from '../../../kernel/context.ts';
import { paginateLarge } from '../../../kernel/cursors.ts';
import { kernelErrors } from '../../../kernel/errors.ts';
import { cursorOf, type State } from '../cursor.ts';
import { readablePlace } from '../place.ts';
import { requireKnown } from '../store/pages.ts';
import { momentOf, readingStates } from './moment.ts';
import type { Diff, Difference, Side } from './schema.ts';

/** Rows of a page that one statement looks at: the database computes the size of each. */
const PAGE_ROWS = 64;
/** A patch is made of contents that have no more bytes. */
const CONTENT_BYTES_MAX = 32_768;

interface Span {
  readonly from: State;
  readonly to: State;
}

/**
 * One page of the keys that have another version in `to` than in `from`, in the order of their bytes; all pages are of the
 * same two states. It is read from the database. Throws `config_state_unknown`, `invalid_cursor`, `not_found`, `tenant_archived`, `tenant_busy`.
 */
export async function diffConfigs(ctx: ActorContext, input: Diff) {
  const place = await readablePlace(ctx, input.project_id);
  const { project_id, tenant_id } = place;
  const { prefix = '' } = input;
  let span: Span | undefined;
  if (input.cursor === undefined) {
    const from = await momentOf(ctx, place, { moment: input.from, pointer: '/from' });
    span = { from, to: await momentOf(ctx, place, { moment: input.to, pointer: '/to', inDatabase: true }) };
  }
  const page = await paginateLarge(ctx, {
    list: 'config_differences',
    input,
    rowsAtOnce: PAGE_ROWS,
    keyOf: (row: Difference) => [row.key, ...partsOf(known(span))],
    async fetch({ limit, bytesMax, after: [after, ...parts] = [] }) {
      const { from, to } = after === undefined ? known(span) : spanFrom(parts);
      span = { from, to };
      const states = { from: from.revision, to: to.revision, contentBytesMax: CONTENT_BYTES_MAX };
      const keys = { project_id, kind: ctx.configStore.kind, prefix, after, limit, bytesMax };
      const found = await readingStates(input.cursor === undefined ? ['/from', '/to'] : [], async () => {
        const read = await configPages.listConfigDifferences(ctx.db, { ...keys, ...states });
        requireKnown(read, [from, to]);
        return read;
      });
      const rows: Difference[] = [];
      for (const row of found.rows) rows.push(await toDifference(ctx, tenant_id, row));
      return { rows, more: found.more };
    },
  });
  const { from, to } = known(span);
  return { ...page, from: cursorOf(place, from), to: cursorOf(place, to) };
}

function known(span: Span | undefined): Span {
  if (span === undefined) throw new Error('the first page of a request names its states');
  return span;
}

const partsOf = ({ from, to }: Span) => [from.epoch, String(from.revision), to.epoch, String(to.revision)];

/** The parts are from a cursor, which the registry has signed. */
function spanFrom([fromEpoch, from, toEpoch, to]: readonly string[]): Span {
  if (fromEpoch === undefined || toEpoch === undefined) throw kernelErrors.invalidCursor();
  return {
    from: { epoch: fromEpoch, revision: Number(from) },
    to: { epoch: toEpoch, revision: Number(to) },
  };
}

async function toDifference(
  ctx: ActorContext,
  tenantId: string,
  row: configPages.ConfigDifference,
): Promise<Difference> {
  const from = sideOf({
    version: row.from_version,
    content_sha256: row.from_content_sha256,
    schema_id: row.from_schema_id,
    schema_version: row.from_schema_version,
  });
  const to = sideOf({
    version: row.to_version,
    content_sha256: row.to_content_sha256,
    schema_id: row.to_schema_id,
    schema_version: row.to_schema_version,
  });
  const change = from === null ? 'created' : to === null ? 'deleted' : 'updated';
  return { key: row.key, change, from, to, patch: await patchOf(ctx, tenantId, row) };
}

type PerhapsSide = { readonly [Field in keyof Side]: Side[Field] | null };

function sideOf({ version, content_sha256, schema_id, schema_version }: PerhapsSide): Side | null {
  if (version === null || content_sha256 === null) return null;
  return { version, content_sha256, schema_id, schema_version };
}

async function patchOf(
  { jsonSchemas }: ActorContext,
  tenantId: string,
  row: configPages.ConfigDifference,
): Promise<Difference['patch']> {
  if (!row.has_contents) return null;
  if (row.from_content_sha256 === row.to_content_sha256) return [];
  return [...(await jsonSchemas.diff(tenantId, row.from_content, row.to_content))];
}
