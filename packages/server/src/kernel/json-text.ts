/** The text of answers, written once for all who need it: the entity tag and the body. */

/** The media type of answers under `/v1`. */
export const JSON_TYPE = 'application/json; charset=utf-8';

const texts = new WeakMap<object, string>();

/** Returns the JSON of a value. Of an object it is kept for as long as the object is: whoever asks must not change it any more. */
export function jsonOf(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  let text = texts.get(value);
  if (text === undefined) {
    text = JSON.stringify(value);
    texts.set(value, text);
  }
  return text;
}
