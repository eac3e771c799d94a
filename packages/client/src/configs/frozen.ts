/** Freezes values that many callers share. */

/**
 * Freezes arrays and plain objects with everything in them, and returns the value. Other objects, such as dates, stay as
 * they are. Works for any depth, and for a value that contains itself.
 */
export function deepFrozen<Value>(value: Value): Value {
  const seen = new Set<object>();
  const waiting: unknown[] = [value];
  while (waiting.length > 0) {
    const each = waiting.pop();
    if (!isPlain(each) || seen.has(each)) continue;
    seen.add(Object.freeze(each));
    for (const inner of Object.values(each)) waiting.push(inner);
  }
  return value;
}

function isPlain(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return Array.isArray(value) || prototype === null || prototype === Object.prototype;
}
