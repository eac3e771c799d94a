/** Keywords for arrays. */
import { applyInside, fail, isEnough, matches } from '../apply.ts';
import { canonical, isList, type Json, own } from '../json.ts';
import type { Keyword, Keywords } from '../keyword.ts';
import { seeItem } from '../seen.ts';

const maxItems: Keyword<number> = (limit) => (value, here) =>
  !isList(value) || value.length <= limit || fail(here, `must have at most ${limit} items`);

const minItems: Keyword<number> = (limit) => (value, here) =>
  !isList(value) || value.length >= limit || fail(here, `must have at least ${limit} items`);

const uniqueItems: Keyword<boolean> = (wanted) => {
  if (!wanted) return undefined;
  return (value, here) => {
    if (!isList(value)) return true;
    const known = new Set<string>();
    for (const [index, item] of value.entries()) {
      const text = canonical(item);
      if (known.has(text)) return fail(here, 'must not repeat an item before it', index);
      known.add(text);
    }
    return true;
  };
};

const prefixItems: Keyword<readonly Json[]> = (list, site) => {
  const nodes = list.map((_, index) => site.inner(`/prefixItems/${index}`));
  return (value, here) => {
    if (!isList(value)) return true;
    let valid = true;
    for (const [index, node] of nodes.entries()) {
      const item = value[index];
      if (item === undefined) break;
      if (applyInside(node, item, here, index)) continue;
      valid = false;
      if (isEnough(here)) return false;
    }
    if (here.seen !== undefined) here.seen.itemsBefore = Math.max(here.seen.itemsBefore, nodes.length);
    return valid;
  };
};

const items: Keyword<Json> = (_, site) => {
  const node = site.inner('/items');
  const prefix = own(site.schema, 'prefixItems');
  const first = isList(prefix) ? prefix.length : 0;
  return (value, here) => {
    if (!isList(value)) return true;
    let valid = true;
    for (let index = first; index < value.length; index += 1) {
      if (applyInside(node, value[index] ?? null, here, index)) continue;
      valid = false;
      if (isEnough(here)) return false;
    }
    if (here.seen !== undefined) here.seen.allItems = true;
    return valid;
  };
};

const contains: Keyword<Json> = (_, site) => {
  const node = site.inner('/contains');
  const min = Number(own(site.schema, 'minContains') ?? 1);
  const max = Number(own(site.schema, 'maxContains') ?? Number.POSITIVE_INFINITY);
  return (value, here) => {
    if (!isList(value)) return true;
    let count = 0;
    const part = { ...here, seen: undefined };
    for (const [index, item] of value.entries()) {
      if (!matches(node, item, part)) continue;
      count += 1;
      seeItem(here.seen, index);
      if (count > max) return fail(here, `must have at most ${max} items of the kind that contains describes`);
    }
    return count >= min || fail(here, `must have at least ${min} items of the kind that contains describes`);
  };
};

export const arrayKeywords = { maxItems, minItems, uniqueItems, prefixItems, items, contains } as Keywords;
