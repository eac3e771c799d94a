/** The keywords for what no other schema has evaluated. They run after all others. */
import { applyInside, isEnough } from '../apply.ts';
import { isList, isObject, type Json } from '../json.ts';
import type { Keyword, Keywords } from '../keyword.ts';
import { seeName } from '../seen.ts';

const unevaluatedProperties: Keyword<Json> = (_, site) => {
  const node = site.inner('/unevaluatedProperties');
  return (value, here) => {
    const { seen } = here;
    if (!isObject(value) || seen === undefined || seen.allNames) return true;
    let valid = true;
    for (const [name, member] of Object.entries(value)) {
      if (seen.names?.has(name)) continue;
      seeName(seen, name);
      if (applyInside(node, member, here, name)) continue;
      valid = false;
      if (isEnough(here)) return false;
    }
    seen.allNames = true;
    return valid;
  };
};

const unevaluatedItems: Keyword<Json> = (_, site) => {
  const node = site.inner('/unevaluatedItems');
  return (value, here) => {
    const { seen } = here;
    if (!isList(value) || seen === undefined || seen.allItems) return true;
    let valid = true;
    for (let index = seen.itemsBefore; index < value.length; index += 1) {
      if (seen.items?.has(index) || applyInside(node, value[index] ?? null, here, index)) continue;
      valid = false;
      if (isEnough(here)) return false;
    }
    seen.allItems = true;
    return valid;
  };
};

export const unevaluatedKeywords = { unevaluatedProperties, unevaluatedItems } as Keywords;
