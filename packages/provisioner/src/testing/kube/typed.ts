/** Values with a schema: checked, merged, compared and pruned as `sigs.k8s.io/structured-merge-diff` does. */
import { childOf, emptySet, type FieldSet, insert, isEmpty, type Path, printElement } from './field-set.ts';
import { equal, isObject } from './json.ts';
import { ANY, declared, elementOf, fieldOf, formOf, isAtomic, itemsOf } from './nodes.ts';
import type { Json, JsonObject, SchemaNode } from './types.ts';

/** Answers why the value does not fit its schema: lines as `.spec.x: field not declared in schema`. */
export function misfits(node: SchemaNode, value: Json, prefix = ''): string[] {
  const form = formOf(node, value);
  if (value === null) return [];
  if (form === 'scalar') return misfitsOfScalar(node, value, prefix);
  if (form === 'list')
    return Array.isArray(value)
      ? misfitsOfList(node, value, prefix)
      : [`${prefix}: expected list, got ${shown(value)}`];
  if (!isObject(value)) return [`${prefix}: expected map, got ${shown(value)}`];
  return Object.entries(value).flatMap(([name, below]) => {
    const field = fieldOf(node, name);
    return field ? misfits(field, below, `${prefix}.${name}`) : [`${prefix}.${name}: field not declared in schema`];
  });
}

function misfitsOfList(node: SchemaNode, list: Json[], prefix: string): string[] {
  const seen = new Set<string>();
  const lines: string[] = [];
  for (const [index, item] of list.entries()) {
    let element = `i:${index}`;
    if (!isAtomic(node, 'list')) {
      try {
        element = elementOf(node, item);
      } catch (error) {
        return [...lines, `${prefix}: element ${index}: ${error instanceof Error ? error.message : ''}`];
      }
      if (seen.has(element)) lines.push(`${prefix}: duplicate entries for key ${printElement(element)}`);
      seen.add(element);
    }
    lines.push(...misfits(itemsOf(node), item, `${prefix}${printElement(element)}`));
  }
  return lines;
}

function misfitsOfScalar(node: SchemaNode, value: Json, prefix: string): string[] {
  const type = typeof value;
  const scalar = node.kind === 'any' ? 'intOrString' : (node.scalar ?? 'string');
  if (scalar === 'string')
    return type === 'string'
      ? []
      : [`${prefix}: expected string, got &value.valueUnstructured{Value:${shown(value, '')}}`];
  if (scalar === 'boolean') return type === 'boolean' ? [] : [`${prefix}: expected boolean, got ${shown(value)}`];
  if (scalar === 'intOrString') return type === 'object' ? [`${prefix}: expected any scalar, got ${shown(value)}`] : [];
  return type === 'number' ? [] : [`${prefix}: expected numeric (int or float), got ${goType(value)}`];
}

function goType(value: Json): string {
  if (typeof value === 'string') return 'string';
  if (typeof value === 'boolean') return 'bool';
  return Array.isArray(value) ? '[]interface {}' : 'map[string]interface {}';
}

// As Go prints the wrapped value.
function shown(value: Json, pointer = '&'): string {
  const inner = printed(value);
  return pointer === '&' ? `&{${inner}}` : typeof value === 'string' ? JSON.stringify(value) : inner;
}

function printed(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(printed).join(' ')}]`;
  if (!isObject(value)) return String(value);
  const fields = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `map[${fields.map(([name, below]) => `${name}:${printed(below)}`).join(' ')}]`;
}

/** Answers the paths that an applied value speaks about. */
export function fieldSetOf(node: SchemaNode, value: Json): FieldSet {
  const set = emptySet();
  collect(node, value, { path: [], set });
  return set;
}

interface Walk {
  readonly path: Path;
  readonly set: FieldSet;
}

function collect(node: SchemaNode, value: Json, { path, set }: Walk): void {
  const form = formOf(node, value);
  if (form === 'scalar' || isAtomic(node, form)) {
    insert(set, path);
    return;
  }
  if (form === 'list') {
    collectItems(node, Array.isArray(value) ? value : [], { path, set });
    return;
  }
  if (!isObject(value)) return;
  for (const [name, below] of Object.entries(value)) {
    const next = [...path, `f:${name}`];
    collect(fieldOf(node, name) ?? ANY, below, { path: next, set });
    const hollow = below === null || (isObject(below) && Object.keys(below).length === 0);
    if (hollow || declared(node, name) === undefined) insert(set, next);
  }
}

function collectItems(node: SchemaNode, list: Json[], { path, set }: Walk): void {
  const elements = list.map((item) => elementOf(node, item));
  const twice = new Set(elements.filter((element, index) => elements.indexOf(element) !== index));
  for (const [index, element] of elements.entries()) {
    const next = [...path, element];
    if (!twice.has(element)) collect(itemsOf(node), list[index] ?? null, { path: next, set });
    insert(set, next);
  }
}

type Maybe = Json | undefined;

const listOf = (value: Maybe): Json[] | undefined => (Array.isArray(value) ? value : undefined);
const mapOf = (value: Maybe): JsonObject | undefined => (isObject(value) ? value : undefined);

// How two values are looked at together: in one piece, or part by part.
function viewOf(node: SchemaNode, left: Maybe, right: Maybe): 'leaf' | 'list' | 'map' {
  const form = formOf(node, right === undefined || right === null ? left : right);
  if (left !== undefined && left !== null && right !== undefined && right !== null) {
    if (formOf(node, left) !== form) return 'leaf';
  }
  if (form === 'scalar' || isAtomic(node, form)) return 'leaf';
  const sizes =
    form === 'list' ? [listOf(left), listOf(right)] : [mapOf(left), mapOf(right)].map((map) => map && Object.keys(map));
  return sizes.every((part) => (part?.length ?? 0) === 0) ? 'leaf' : form;
}

const keysOf = (left: JsonObject, right: JsonObject) => [...new Set([...Object.keys(left), ...Object.keys(right)])];

/** Merges an applied value into a live one: maps by field, lists by their kind, all else as one. */
export function merge(node: SchemaNode, left: Maybe, right: Maybe): Maybe {
  const view = viewOf(node, left, right);
  if (view === 'leaf') return right === undefined ? left : right;
  if (view === 'list') return mergeLists(node, listOf(left) ?? [], listOf(right) ?? []);
  const lefts = mapOf(left) ?? {};
  const rights = mapOf(right) ?? {};
  const merged: JsonObject = {};
  for (const name of keysOf(lefts, rights)) {
    const below = merge(fieldOf(node, name) ?? ANY, lefts[name], rights[name]);
    if (below !== undefined) merged[name] = below;
  }
  return Object.keys(merged).length > 0 ? merged : undefined;
}

/** Items keep the order of the applied list; items of the live list alone stay between them. */
function mergeLists(node: SchemaNode, left: Json[], right: Json[]): Json[] | undefined {
  const lefts = left.map((item) => elementOf(node, item));
  const rights = right.map((item) => elementOf(node, item));
  const at = (elements: string[], list: Json[], element: string): Maybe => {
    const index = elements.indexOf(element);
    if (index < 0) return undefined;
    return elements.indexOf(element, index + 1) < 0 ? list[index] : null;
  };
  const both = (element: string) => merge(itemsOf(node), at(lefts, left, element), at(rights, right, element));
  const shared = rights.filter((element) => lefts.includes(element));
  let next = shared.shift();
  const merged = new Set<string>();
  const out: Json[] = [];
  const push = (item: Maybe) => {
    if (item !== undefined) out.push(item);
  };
  let l = 0;
  let r = 0;
  while (l < lefts.length || r < rights.length) {
    const here = lefts[l];
    const there = rights[r];
    if (here !== undefined && here === there) {
      merged.add(here);
      push(both(here));
      l += 1;
      r += 1;
      next = shared.shift();
      continue;
    }
    if (here !== undefined && there !== undefined && rights.includes(here) && next !== undefined && next !== here) {
      l += 1;
      continue;
    }
    if (here !== undefined) {
      if (!rights.includes(here)) {
        push(merge(itemsOf(node), left[l], undefined));
        l += 1;
        continue;
      }
      if (merged.has(here)) l += 1;
    }
    if (there !== undefined) {
      merged.add(there);
      push(both(there));
      r += 1;
      if (next === there) next = shared.shift();
    }
  }
  return out.length > 0 ? out : undefined;
}

/** The paths in which two values differ. */
export interface Comparison {
  readonly added: FieldSet;
  readonly modified: FieldSet;
  readonly removed: FieldSet;
}

export function compare(node: SchemaNode, left: Json, right: Json): Comparison {
  const comparison = { added: emptySet(), modified: emptySet(), removed: emptySet() };
  compareAt(node, { left, right, path: [] }, comparison);
  return comparison;
}

interface Pair {
  readonly left: Maybe;
  readonly right: Maybe;
  readonly path: Path;
}

function compareAt(node: SchemaNode, { left, right, path }: Pair, out: Comparison): void {
  const view = viewOf(node, left, right);
  if (view === 'list') compareLists(node, { left, right, path }, out);
  if (view === 'map') {
    const lefts = mapOf(left) ?? {};
    const rights = mapOf(right) ?? {};
    for (const name of keysOf(lefts, rights)) {
      compareAt(
        fieldOf(node, name) ?? ANY,
        { left: lefts[name], right: rights[name], path: [...path, `f:${name}`] },
        out,
      );
    }
  }
  if (left === undefined) insert(out.added, path);
  else if (right === undefined) insert(out.removed, path);
  else if (view === 'leaf' && !equal(left, right)) insert(out.modified, path);
}

function compareLists(node: SchemaNode, { left, right, path }: Pair, out: Comparison): void {
  const lefts = grouped(node, listOf(left) ?? []);
  const rights = grouped(node, listOf(right) ?? []);
  for (const element of new Set([...lefts.keys(), ...rights.keys()])) {
    const before = lefts.get(element) ?? [];
    const after = rights.get(element) ?? [];
    const next = [...path, element];
    const item = (pair: { left: Maybe; right: Maybe }) => compareAt(itemsOf(node), { ...pair, path: next }, out);
    if (before.length <= 1 && after.length <= 1) item({ left: before[0], right: after[0] });
    else if (before.length >= 2 && after.length >= 2) {
      if (!equal(before, after)) insert(out.modified, next);
    } else if (before.length >= 2) {
      if (after.length > 0) item({ left: undefined, right: after[0] });
      insert(out.removed, next);
    } else {
      if (before.length > 0) item({ left: before[0], right: undefined });
      insert(out.added, next);
    }
  }
}

function grouped(node: SchemaNode, list: Json[]): Map<string, Json[]> {
  return Map.groupBy(list, (item) => elementOf(node, item));
}

/** Answers the value without the parts that the set names. */
export function remove(node: SchemaNode, value: Json, set: FieldSet): Json {
  const form = formOf(node, value);
  if (form === 'scalar') return value;
  if (isAtomic(node, form)) return null;
  return form === 'list' ? removeItems(node, value, set) : removeFields(node, value, set);
}

// What is emptied by the removal of its parts stays, empty.
function below(node: SchemaNode, value: Json, set: FieldSet): Json {
  const left = remove(node, value, set);
  if (left !== null) return left;
  if (isObject(value)) return {};
  return Array.isArray(value) ? [] : null;
}

function removeItems(node: SchemaNode, value: Json, set: FieldSet): Json {
  if (!Array.isArray(value) || value.length === 0) return null;
  let touched = false;
  const kept: Json[] = [];
  for (const item of value) {
    const element = elementOf(node, item);
    if (set.members.has(element)) continue;
    const child = childOf(set, element);
    touched ||= !isEmpty(child);
    kept.push(isEmpty(child) ? item : below(itemsOf(node), item, child));
  }
  return kept.length > 0 || touched ? kept : null;
}

function removeFields(node: SchemaNode, value: Json, set: FieldSet): Json {
  if (!isObject(value) || Object.keys(value).length === 0) return null;
  let touched = false;
  const kept: JsonObject = {};
  for (const [name, field] of Object.entries(value)) {
    if (set.members.has(`f:${name}`)) continue;
    const child = childOf(set, `f:${name}`);
    touched ||= !isEmpty(child);
    kept[name] = isEmpty(child) ? field : below(fieldOf(node, name) ?? ANY, field, child);
  }
  return Object.keys(kept).length > 0 || touched ? kept : null;
}

/** Answers the set with each named field a member that has members below it. */
export function withNamedFields(node: SchemaNode, set: FieldSet): FieldSet {
  const members = new Set(set.members);
  const children = new Map<string, FieldSet>();
  for (const [element, child] of set.children) {
    const name = element.slice(2);
    const isField = element.startsWith('f:') && node.kind === 'object';
    if (isField && declared(node, name)) members.add(element);
    const next = element.startsWith('f:') ? fieldOf(node, name) : itemsOf(node);
    children.set(element, withNamedFields(next ?? ANY, child));
  }
  return { members, children };
}
