/** Keywords for objects. */
import { applyInside, fail, isEnough, matches } from '../apply.ts';
import { isObject, type Json, type JsonObject, own } from '../json.ts';
import type { Keyword, Keywords } from '../keyword.ts';
import { escaped } from '../pointers.ts';
import { seeName } from '../seen.ts';
import { readPattern } from '../walk.ts';

const maxProperties: Keyword<number> = (limit) => (value, here) =>
  !isObject(value) || Object.keys(value).length <= limit || fail(here, `must have at most ${limit} properties`);

const minProperties: Keyword<number> = (limit) => (value, here) =>
  !isObject(value) || Object.keys(value).length >= limit || fail(here, `must have at least ${limit} properties`);

const required: Keyword<readonly string[]> = (names) => (value, here) => {
  if (!isObject(value)) return true;
  let valid = true;
  for (const name of names) {
    if (Object.hasOwn(value, name)) continue;
    valid = fail(here, 'is required', name);
    if (isEnough(here)) break;
  }
  return valid;
};

const dependentRequired: Keyword<Readonly<Record<string, readonly string[]>>> = (dependencies) => {
  const entries = Object.entries(dependencies);
  return (value, here) => {
    if (!isObject(value)) return true;
    let valid = true;
    for (const [name, needed] of entries) {
      if (!Object.hasOwn(value, name)) continue;
      for (const missing of needed) {
        if (Object.hasOwn(value, missing)) continue;
        valid = fail(here, 'is required beside another property that is there', missing);
        if (isEnough(here)) return false;
      }
    }
    return valid;
  };
};

const properties: Keyword<JsonObject> = (schemas, site) => {
  const nodes = Object.keys(schemas).map((name) => ({ name, node: site.inner(`/properties/${escaped(name)}`) }));
  return (value, here) => {
    if (!isObject(value)) return true;
    let valid = true;
    for (const { name, node } of nodes) {
      const member = own(value, name);
      if (member === undefined) continue;
      seeName(here.seen, name);
      if (applyInside(node, member, here, name)) continue;
      valid = false;
      if (isEnough(here)) return false;
    }
    return valid;
  };
};

const patternProperties: Keyword<JsonObject> = (schemas, site) => {
  const nodes = Object.keys(schemas).flatMap((text) => {
    const pattern = readPattern(text);
    return pattern === undefined ? [] : [{ pattern, node: site.inner(`/patternProperties/${escaped(text)}`) }];
  });
  return (value, here) => {
    if (!isObject(value)) return true;
    let valid = true;
    for (const [name, member] of Object.entries(value)) {
      for (const { pattern, node } of nodes) {
        if (!pattern.test(name)) continue;
        seeName(here.seen, name);
        if (applyInside(node, member, here, name)) continue;
        valid = false;
        if (isEnough(here)) return false;
      }
    }
    return valid;
  };
};

const additionalProperties: Keyword<Json> = (_, site) => {
  const node = site.inner('/additionalProperties');
  const named = new Set(namesIn(site.schema, 'properties'));
  const patterns = namesIn(site.schema, 'patternProperties').flatMap((text) => readPattern(text) ?? []);
  return (value, here) => {
    if (!isObject(value)) return true;
    let valid = true;
    for (const [name, member] of Object.entries(value)) {
      if (named.has(name) || patterns.some((pattern) => pattern.test(name))) continue;
      seeName(here.seen, name);
      if (applyInside(node, member, here, name)) continue;
      valid = false;
      if (isEnough(here)) return false;
    }
    return valid;
  };
};

function namesIn(schema: JsonObject, keyword: string): string[] {
  const value = own(schema, keyword);
  return isObject(value) ? Object.keys(value) : [];
}

const propertyNames: Keyword<Json> = (_, site) => {
  const node = site.inner('/propertyNames');
  return (value, here) => {
    if (!isObject(value)) return true;
    let valid = true;
    const part = { ...here, seen: undefined };
    for (const name of Object.keys(value)) {
      if (matches(node, name, part)) continue;
      valid = fail(here, 'has a name that is not allowed', name);
      if (isEnough(here)) return false;
    }
    return valid;
  };
};

export const objectKeywords = {
  maxProperties,
  minProperties,
  required,
  dependentRequired,
  properties,
  patternProperties,
  additionalProperties,
  propertyNames,
} as Keywords;
