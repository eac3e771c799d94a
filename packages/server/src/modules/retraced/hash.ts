/** The hash that a client of Retraced computes of what it sent, and compares with the one that it is answered. */
import { hash } from 'node:crypto';

/** The parts of an event, as sent, that its hash is made of. */
export interface HashedEvent {
  readonly action: string;
  readonly group?: WithId;
  readonly actor?: WithId;
  readonly target?: WithId;
  readonly source_ip?: string | null | undefined;
  readonly is_failure?: boolean | null | undefined;
  readonly is_anonymous?: boolean | null | undefined;
  readonly fields?: Fields;
  readonly external_id?: string | null | undefined;
  readonly metadata?: Fields;
}

type WithId = { readonly id?: unknown } | string | null | undefined;
type Fields = Readonly<Record<string, unknown>> | string | null | undefined;

/** Returns the hash of an event with that id, in hexadecimal digits: equal to what the client computes of what it sent. */
export function eventHash(event: HashedEvent, id: string): string {
  return hash('sha256', hashedText(event, id), 'hex');
}

function hashedText(event: HashedEvent, id: string): string {
  const { target, actor, group, source_ip, external_id, fields, metadata } = event;
  const places = [id, event.action, idOf(target), idOf(actor), idOf(group), source_ip ?? ''].map(escaped);
  const flags = [event.is_failure, event.is_anonymous].map((flag) => (flag ? '1' : '0'));
  // An absent member ends in a colon of its own; an empty one leaves nothing.
  const listed = fields ? pairs(fields) : ':';
  const external = external_id ? `:${escaped(external_id)}` : '';
  return `${[...places, ...flags].join(':')}:${listed}${external}${metadata ? `:${pairs(metadata)}` : ''}`;
}

function idOf(thing: WithId): unknown {
  if (typeof thing !== 'object' || thing === null || Object.keys(thing).length === 0) return '';
  return thing.id;
}

function pairs(fields: Exclude<Fields, null | undefined>): string {
  if (typeof fields === 'string') return '';
  const names = Object.keys(fields).sort(); // by UTF-16 units, as the client sorts
  return names.map((name) => `${inPair(name)}=${inPair(fields[name])};`).join('');
}

function escaped(value: unknown): string {
  return String(value).replaceAll('%', '%25').replaceAll(':', '%3A');
}

function inPair(value: unknown): string {
  return escaped(value).replaceAll('=', '%3D').replaceAll(';', '%3B');
}
