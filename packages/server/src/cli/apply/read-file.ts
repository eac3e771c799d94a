/** Reads files of declared state. All mistakes of a file are found before anything of it is used. */
import { UsageError } from '@tenant-registry/db';
import { type Document, isMap, isNode, isPair, isScalar, LineCounter, parseAllDocuments } from 'yaml';
import type { z } from 'zod';
import { inputText } from '../../kernel/errors/input-texts.ts';
import { slug as slugShape } from '../../kernel/schema.ts';
import { nearest } from '../../settings/near-names.ts';
import type { Kind } from './kind.ts';
import { kinds } from './kinds.ts';
import { at, type Place } from './problem.ts';
import { FORM_VERSION, listName, TENANT_DOCUMENT, type TenantState, type WantedThing } from './state.ts';
import { tenantFieldNames, tenantShape } from './tenant.ts';
import type { Fields } from './things.ts';

type Path = readonly (string | number)[];

/** A tenant while documents are still being read. */
interface Draft {
  readonly slug: string;
  readonly place: Place;
  fields: Fields | null;
  readonly things: WantedThing[];
  readonly lists: Set<string>;
}

/** One document, with where in the file each of its parts stands. */
interface Reading {
  readonly drafts: Map<string, Draft>;
  placeOf(path: Path, isKey?: boolean): Place;
  mistake(path: Path, text: string, isKey?: boolean): void;
}

const SLIPS = 2;
const MISTAKES_SHOWN = 20;
const NESTED = kinds.filter((kind) => kind.within === undefined);
const DOCUMENTS = [TENANT_DOCUMENT, ...kinds.map(({ document }) => document)];

/** Returns what the text declares, tenant by tenant. Throws `UsageError` with a line for each mistake. */
export function readStates(text: string, file: string): TenantState[] {
  const lines = new LineCounter();
  const found: { readonly place: Place; readonly text: string }[] = [];
  const drafts = new Map<string, Draft>();
  const documents = parseAllDocuments(text, { lineCounter: lines, prettyErrors: false });
  for (const document of Array.isArray(documents) ? documents : []) {
    const placeAt = (offset: number): Place => ({ file, line: Math.max(1, lines.linePos(offset).line) });
    for (const { pos, message } of document.errors) found.push({ place: placeAt(pos[0]), text: message });
    if (document.errors.length > 0) continue;
    const placeOf = (path: Path, isKey = false) => placeAt(offsetOf(document, path, isKey));
    const mistake = (path: Path, message: string, isKey = false) =>
      void found.push({ place: placeOf(path, isKey), text: message });
    readDocument(document, { drafts, placeOf, mistake });
  }
  if (found.length === 0 && drafts.size === 0) throw new UsageError(`${file}: it declares nothing`);
  if (found.length === 0) return [...drafts.values()];
  found.sort((a, b) => a.place.line - b.place.line);
  const shown = found.slice(0, MISTAKES_SHOWN).map(({ place, text: message }) => at(place, message));
  const more = found.length - shown.length;
  throw new UsageError([...shown, ...(more > 0 ? [`and ${more} more`] : [])].join('\n'));
}

/** The offset of a part, or of the closest thing around it that has one. `isKey`: of its name. */
function offsetOf(document: Document, path: Path, isKey: boolean): number {
  for (let length = path.length; length >= 0; length -= 1) {
    const around = length === 0 ? undefined : document.getIn(path.slice(0, length - 1), true);
    const name = path[length - 1];
    const pair = isMap(around)
      ? around.items.find((each) => isPair(each) && isScalar(each.key) && each.key.value === name)
      : undefined;
    if (isKey || typeof name === 'string') {
      if (pair !== undefined && isScalar(pair.key) && pair.key.range) return pair.key.range[0];
      if (length > 0) continue;
    }
    const node = length === 0 ? document.contents : document.getIn(path.slice(0, length), true);
    if (isNode(node) && node.range) return node.range[0];
  }
  return 0;
}

function readDocument(document: Document, reading: Reading): void {
  const value = valueIn(document, reading);
  if (value === null) return;
  if (!isObject(value)) {
    reading.mistake([], 'a document must be an object with the field type');
    return;
  }
  const { version = FORM_VERSION, type, ...rest } = value;
  if (version !== FORM_VERSION)
    reading.mistake(['version'], `version ${JSON.stringify(version)} is not known: this program reads ${FORM_VERSION}`);
  if (type === undefined) {
    reading.mistake([], 'the field type is missing: it names the kind');
    return;
  }
  if (type === TENANT_DOCUMENT) {
    readTenant(rest, reading);
    return;
  }
  const kind = kinds.find((each) => each.document === type);
  if (kind === undefined) {
    reading.mistake(['type'], `unknown kind ${JSON.stringify(type)}${meant(String(type), DOCUMENTS)}`);
    return;
  }
  readLoose(kind, rest, reading);
}

function valueIn(document: Document, reading: Reading): unknown {
  try {
    return document.toJS();
  } catch (error) {
    reading.mistake([], error instanceof Error ? error.message : String(error));
    return null;
  }
}

function readTenant(value: Fields, reading: Reading): void {
  const members = NESTED.map(({ member }) => member);
  const [own, inner] = split(value, members);
  const fields = checked(tenantShape, own, [], [...tenantFieldNames, ...members, 'version', 'type'], reading);
  const draft = draftOf(value.slug, ['slug'], reading);
  if (draft === null) return;
  if (draft.fields !== null) reading.mistake(['slug'], `tenant ${draft.slug} is declared twice`);
  draft.fields = fields ?? {};
  readMembers(NESTED, inner, null, [], draft, reading);
}

/** A thing in a document of its own. It never makes a list complete, so it leads to no removal. */
function readLoose(kind: Kind, value: Fields, reading: Reading): void {
  const { tenant, ...fields } = value;
  const draft = draftOf(tenant, ['tenant'], reading);
  if (draft === null) return;
  if (kind.within === undefined) {
    readThing(kind, fields, null, [], draft, reading);
    return;
  }
  const { [kind.within]: parent, ...rest } = fields;
  if (typeof parent !== 'string') {
    reading.mistake([kind.within], `${kind.within}: is missing, or no text`);
    return;
  }
  readThing(kind, rest, parent, [], draft, reading);
}

function draftOf(slug: unknown, path: Path, { drafts, placeOf, mistake }: Reading): Draft | null {
  const parsed = slugShape.safeParse(slug, { error: inputText });
  if (!parsed.success) {
    // The shape of a tenant has told it already.
    if (path[0] !== 'slug') mistake(path, `${path.join('/')}: ${parsed.error.issues[0]?.message ?? 'is no slug'}`);
    return null;
  }
  const draft = drafts.get(parsed.data) ?? {
    slug: parsed.data,
    place: placeOf(path),
    fields: null,
    things: [],
    lists: new Set<string>(),
  };
  drafts.set(parsed.data, draft);
  return draft;
}

function readMembers(
  inside: readonly Kind[],
  value: Fields,
  parent: string | null,
  path: Path,
  draft: Draft,
  reading: Reading,
): void {
  for (const kind of inside) {
    const given = value[kind.member];
    if (given === undefined) continue;
    const place = [...path, kind.member];
    draft.lists.add(listName(kind, parent));
    if (kind.form === 'one') {
      if (given !== null) readThing(kind, given, parent, place, draft, reading);
    } else if (!Array.isArray(given)) reading.mistake(place, `${kind.member}: must be a list`);
    else given.forEach((each, index) => void readThing(kind, each, parent, [...place, index], draft, reading));
  }
}

function readThing(
  kind: Kind,
  given: unknown,
  parent: string | null,
  path: Path,
  draft: Draft,
  reading: Reading,
): void {
  const value = kind.textField !== undefined && typeof given === 'string' ? { [kind.textField]: given } : given;
  if (!isObject(value)) {
    reading.mistake(path, `${kind.noun}: must be an object`);
    return;
  }
  const inside = kinds.filter(({ within }) => within === kind.noun);
  const [own, inner] = split(
    value,
    inside.map(({ member }) => member),
  );
  const known = [...kind.fieldNames, ...inside.map(({ member }) => member)];
  const fields = checked(kind.shape, own, path, known, reading);
  if (fields === null) return;
  const key = kind.keyOf(fields);
  const place = reading.placeOf(path);
  const twin = draft.things.find((each) => each.kind === kind && each.key === key && each.parent === parent);
  if (twin !== undefined) {
    reading.mistake(path, `${kind.noun} ${key} is declared twice: first in line ${twin.place.line}`);
    return;
  }
  draft.things.push({ kind, key, parent, fields, place });
  readMembers(inside, inner, key, path, draft, reading);
}

/** Returns the fields in the form in which the API keeps them; null when they have mistakes, which are told. */
function checked(
  shape: z.ZodType<Fields>,
  value: Fields,
  path: Path,
  known: readonly string[],
  reading: Reading,
): Fields | null {
  const parsed = shape.safeParse(value, { error: inputText });
  if (parsed.success) return withoutAbsent(parsed.data);
  for (const issue of parsed.error.issues) {
    const inner = issue.path.map((each) => (typeof each === 'symbol' ? String(each) : each));
    const place = [...path, ...inner];
    if (issue.code !== 'unrecognized_keys')
      reading.mistake(place, `${inner.join('/')}: ${issue.message}`.replace(/^: /, ''));
    else
      for (const name of issue.keys)
        reading.mistake([...place, name], `unknown field ${name}${inner.length === 0 ? meant(name, known) : ''}`, true);
  }
  return null;
}

function meant(name: string, known: readonly string[]): string {
  const close = nearest(name, known, SLIPS) ?? known.find((each) => each.toLowerCase() === name.toLowerCase());
  return close === undefined ? `: known are ${known.join(', ')}` : `: did you mean ${close}?`;
}

function split(value: Fields, members: readonly string[]): [Fields, Fields] {
  const of = (isMember: boolean) => Object.entries(value).filter(([name]) => members.includes(name) === isMember);
  return [Object.fromEntries(of(false)), Object.fromEntries(of(true))];
}

function withoutAbsent(fields: Fields): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
