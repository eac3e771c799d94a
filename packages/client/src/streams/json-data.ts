/** Reads the data of server-sent events, which is JSON. */
import { isObject } from '../problem.ts';

/** Returns the object that the text is, or an object without members for any other text. */
export function objectIn(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : {};
  } catch {
    return {};
  }
}

/** Tells whether the value is a time in milliseconds. */
export function isTime(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && Number.isFinite(value);
}
