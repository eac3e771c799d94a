/** Keywords that apply further schemas to the value itself. */
import { apply, fail, type Here, isEnough, matches, type Node, type Scope } from '../apply.ts';
import { isObject, type Json, type JsonObject } from '../json.ts';
import type { Keyword, Keywords } from '../keyword.ts';
import { escaped } from '../pointers.ts';

const ref: Keyword<string> = (reference, site) => {
  const node = site.node(site.target(reference).place);
  return (value, here) => apply(node, value, here);
};

const dynamicRef: Keyword<string> = (reference, site) => {
  const { place, dynamicAnchor } = site.target(reference);
  const initial = site.node(place);
  if (dynamicAnchor === undefined) return (value, here) => apply(initial, value, here);
  return (value, here) => {
    const outermost = outermostOf(here.scope, dynamicAnchor);
    return apply(outermost === undefined ? initial : site.node(outermost), value, here);
  };
};

/** The outermost resource of the dynamic scope that has the dynamic anchor decides. */
function outermostOf(scope: Scope, dynamicAnchor: string) {
  let found = scope.resource.dynamicAnchors.get(dynamicAnchor);
  for (let each: Scope | undefined = scope; each !== undefined; each = each.outer) {
    found = each.resource.dynamicAnchors.get(dynamicAnchor) ?? found;
  }
  return found;
}

const allOf: Keyword<readonly Json[]> = (list, site) => {
  const nodes = list.map((_, index) => site.inner(`/allOf/${index}`));
  return (value, here) => {
    let valid = true;
    for (const node of nodes) {
      if (apply(node, value, here)) continue;
      valid = false;
      if (isEnough(here)) return false;
    }
    return valid;
  };
};

/** Counts the schemas that match, and stops where a further one changes nothing. */
function countMatches(nodes: readonly Node[], value: Json, here: Here, enough: number): number {
  let count = 0;
  for (const node of nodes) {
    if (matches(node, value, here)) count += 1;
    if (count >= enough) break;
  }
  return count;
}

const anyOf: Keyword<readonly Json[]> = (list, site) => {
  const nodes = list.map((_, index) => site.inner(`/anyOf/${index}`));
  return (value, here) => {
    const enough = here.tracks ? nodes.length : 1; // each schema that matches adds to what was seen
    return countMatches(nodes, value, here, enough) > 0 || fail(here, 'must match at least one schema of anyOf');
  };
};

const oneOf: Keyword<readonly Json[]> = (list, site) => {
  const nodes = list.map((_, index) => site.inner(`/oneOf/${index}`));
  return (value, here) => {
    const count = countMatches(nodes, value, here, 2);
    if (count === 1) return true;
    return fail(here, count === 0 ? 'must match one schema of oneOf' : 'matches more than one schema of oneOf');
  };
};

const not: Keyword<Json> = (_, site) => {
  const node = site.inner('/not');
  return (value, here) =>
    !matches(node, value, { ...here, seen: undefined }) || fail(here, 'must not match the schema of not');
};

const condition: Keyword<Json> = (_, site) => {
  const node = site.inner('/if');
  const then = Object.hasOwn(site.schema, 'then') ? site.inner('/then') : undefined;
  const otherwise = Object.hasOwn(site.schema, 'else') ? site.inner('/else') : undefined;
  if (then === undefined && otherwise === undefined) {
    return (value, here) => {
      if (here.tracks) matches(node, value, here);
      return true;
    };
  }
  return (value, here) => {
    const branch = matches(node, value, here) ? then : otherwise;
    return branch === undefined || apply(branch, value, here);
  };
};

const dependentSchemas: Keyword<JsonObject> = (schemas, site) => {
  const nodes = Object.keys(schemas).map((name) => ({ name, node: site.inner(`/dependentSchemas/${escaped(name)}`) }));
  return (value, here) => {
    if (!isObject(value)) return true;
    let valid = true;
    for (const { name, node } of nodes) {
      if (!Object.hasOwn(value, name) || apply(node, value, here)) continue;
      valid = false;
      if (isEnough(here)) return false;
    }
    return valid;
  };
};

export const inPlaceKeywords = {
  $ref: ref,
  $dynamicRef: dynamicRef,
  allOf,
  anyOf,
  oneOf,
  not,
  if: condition,
  dependentSchemas,
} as Keywords;
