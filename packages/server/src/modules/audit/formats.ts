/** The forms of an export, line by line: NDJSON, and CSV (RFC 4180) that is safe to open in a spreadsheet. */
import type { AuditEvent } from './schema.ts';

export interface ExportFormat {
  readonly mediaType: string;
  readonly filename: string;
  /** What comes before the first event. */
  readonly head: string;
  readonly line: (event: AuditEvent) => string;
}

const columns: Readonly<Record<string, (event: AuditEvent) => unknown>> = {
  id: ({ id }) => id,
  created_at: ({ created_at }) => created_at,
  occurred_at: ({ occurred_at }) => occurred_at,
  tenant_id: ({ tenant_id }) => tenant_id,
  tenant_slug: ({ tenant_slug }) => tenant_slug,
  product: ({ product }) => product,
  project_id: ({ project_id }) => project_id,
  actor_type: ({ actor }) => actor.type,
  actor_id: ({ actor }) => actor.id,
  actor_name: ({ actor }) => actor.name,
  action: ({ action }) => action,
  target_type: ({ target }) => target?.type,
  target_id: ({ target }) => target?.id,
  target_name: ({ target }) => target?.name,
  is_failure: ({ is_failure }) => is_failure,
  description: ({ description }) => description,
  source_ip: ({ source_ip }) => source_ip,
  request_id: ({ request_id }) => request_id,
  metadata: ({ metadata }) => JSON.stringify(metadata),
  origin: ({ origin }) => origin,
  reported_by: ({ reported_by }) => reported_by,
  crud: ({ crud }) => crud,
  external_id: ({ external_id }) => external_id,
  extra: ({ extra }) => extra && JSON.stringify(extra),
};

const cells = Object.values(columns);

export const exportFormats = {
  ndjson: {
    mediaType: 'application/x-ndjson',
    filename: 'audit.ndjson',
    head: '',
    line: (event) => `${JSON.stringify(event)}\n`,
  },
  csv: {
    mediaType: 'text/csv; charset=utf-8; header=present',
    filename: 'audit.csv',
    head: `${Object.keys(columns).join(',')}\r\n`,
    line: (event) => `${cells.map((cell) => toCell(cell(event))).join(',')}\r\n`,
  },
} as const satisfies Record<string, ExportFormat>;

// What a spreadsheet takes for a formula, full-width forms too: https://owasp.org/www-community/attacks/CSV_Injection
const FORMULA = /^[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]/;

/** One cell: a formula is made text by an apostrophe; what would break the cell's frame is quoted. */
export function toCell(value: unknown): string {
  const text = value === null || value === undefined ? '' : String(value);
  const safe = FORMULA.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
