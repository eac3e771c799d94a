/** What had changed by itself, in words. */
import { createHash } from 'node:crypto';
import { CLUSTER, type KubeObject, SECRET } from './api.ts';

/**
 * Returns what the apply of an unchanged wish put back: nothing when it changed nothing. `before` undefined: all of the object.
 */
export function repairsOf(before: KubeObject | undefined, wish: KubeObject, after: KubeObject): string[] {
  const name = nameOf(wish);
  if (before === undefined) return [name];
  if (!hasMoved(before, wish, after)) return [];
  // The values of a Secret are of no use in words.
  if (wish.kind === SECRET.kind) return [name];
  const words = differences(before.spec, wish.spec, []).map((path) => wordOf(wish, path));
  return words.length === 0 ? [name] : words;
}

/** Returns whether the apply changed what the object asks for; what its controller says of it may change at any time. */
export function hasMoved(before: KubeObject, wish: KubeObject, after: KubeObject): boolean {
  const { labels, annotations } = wish.metadata;
  return (
    before.metadata.generation !== after.metadata.generation ||
    differences(before.metadata.labels, labels, []).length > 0 ||
    differences(before.metadata.annotations, annotations, []).length > 0 ||
    differences(before.data, wish.data, []).length > 0
  );
}

/** Returns a short text that is equal for equal values, whatever the order of their fields. */
export function hashOf(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value, sorted)).digest('base64url').slice(0, 32);
}

function nameOf({ kind, metadata }: KubeObject): string {
  if (kind === SECRET.kind) return `secret ${metadata.name}`;
  return kind === 'ScheduledBackup' ? 'backup schedule' : kind === 'Database' ? 'extensions' : kind.toLowerCase();
}

function wordOf(wish: KubeObject, path: readonly string[]): string {
  const [first, second, ...rest] = path;
  if (wish.kind === CLUSTER.kind && first === 'postgresql' && second === 'parameters')
    return `parameter ${rest.join('.')}`;
  return `${nameOf(wish)} ${path.join('.')}`;
}

/** Returns the paths where the one lacks what the other one has, or has another value; lists count as one value. */
function differences(has: unknown, wants: unknown, path: readonly string[]): string[][] {
  if (!isMap(wants)) return hashOf(has ?? null) === hashOf(wants ?? null) ? [] : [[...path]];
  const held = isMap(has) ? has : {};
  return Object.keys(wants).flatMap((key) => differences(held[key], wants[key], [...path, key]));
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function sorted(_key: string, value: unknown): unknown {
  return isMap(value) ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))) : value;
}
