/** An audit row → an event as clients of Retraced read it. */
import type { audit } from '@tenant-registry/db';

/** Returns the event. Group, actor and target are always there: the viewer reads their names without a look. */
export function toNode(row: audit.AuditRow) {
  const extra = membersOf(row.extra);
  const [actor, target] = [membersOf(extra['actor']), membersOf(extra['target'])];
  return {
    id: row.id,
    action: row.action,
    description: row.description,
    group: { id: row.tenant_id, name: row.tenant_slug },
    actor: { id: row.actor_id, name: row.actor_name, href: textOf(actor['href']), fields: pairsOf(actor['fields']) },
    target: {
      id: row.target_id,
      name: row.target_name,
      href: textOf(target['href']),
      // One that was sent without a type has one in the row only because rows need one.
      type: textOf(target['type']) ?? (row.extra === null ? row.target_type : null),
      fields: pairsOf(target['fields']),
    },
    crud: row.crud,
    display: { markdown: displayOf(row) },
    received: row.created_at,
    created: row.occurred_at,
    canonical_time: row.occurred_at,
    is_failure: row.is_failure,
    is_anonymous: extra['is_anonymous'] === true || row.actor_type === 'anonymous',
    source_ip: row.source_ip,
    // Addresses are not looked up.
    country: null,
    loc_subdiv1: null,
    loc_subdiv2: null,
    component: textOf(extra['component']),
    version: textOf(extra['version']),
    fields: pairsOf(extra['fields']),
    external_id: row.external_id,
    metadata: pairsOf(row.metadata),
  };
}

function membersOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

function pairsOf(fields: unknown) {
  if (typeof fields !== 'object' || fields === null) return null;
  return Object.entries(fields).map(([key, value]) => ({ key, value: shown(value) }));
}

function shown(value: unknown): string | null {
  if (value === null || typeof value === 'string') return value;
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** The sentence of Retraced, where no template was set. */
function displayOf({ actor_name, action, target_name }: audit.AuditRow): string {
  const actor = actor_name === null ? 'An unknown actor' : plain(actor_name);
  const target = target_name === null ? '' : ` on the item **${plain(target_name)}**`;
  return `**${actor}** performed the action **${plain(action)}**${target}.`;
}

/** Names are other people's: none of their characters is markup. */
function plain(text: string): string {
  return text.replace(/\s+/g, ' ').replace(/[\\`*_[\]<>~|&#!]/g, '\\$&');
}
