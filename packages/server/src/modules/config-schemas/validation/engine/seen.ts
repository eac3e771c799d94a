/** The members and items that schemas have evaluated, for `unevaluatedProperties` and `unevaluatedItems`. */

export interface Seen {
  allNames: boolean;
  names: Set<string> | undefined;
  allItems: boolean;
  /** All items before this one. */
  itemsBefore: number;
  /** Single items, by `contains`. */
  items: Set<number> | undefined;
}

export function newSeen(): Seen {
  return { allNames: false, names: undefined, allItems: false, itemsBefore: 0, items: undefined };
}

export function seeName(seen: Seen | undefined, name: string): void {
  if (seen === undefined) return;
  seen.names ??= new Set();
  seen.names.add(name);
}

export function seeItem(seen: Seen | undefined, index: number): void {
  if (seen === undefined) return;
  seen.items ??= new Set();
  seen.items.add(index);
}

/** Adds to the first what the second has seen. */
export function merge(into: Seen, from: Seen): void {
  into.allNames ||= from.allNames;
  into.allItems ||= from.allItems;
  into.itemsBefore = Math.max(into.itemsBefore, from.itemsBefore);
  if (from.names !== undefined && !into.allNames) for (const name of from.names) seeName(into, name);
  if (from.items !== undefined && !into.allItems) for (const index of from.items) seeItem(into, index);
}
