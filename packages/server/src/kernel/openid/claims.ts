/** Reads what an issuer may have written into any claim. Pure: the signature is verified elsewhere. */
import { isJsonObject, type JsonObject } from '../openid.ts';

const SUBJECT = /^[!-~]{1,200}$/;
const NAME_MAX = 200;

/** Tells whether a claim can be the subject of a person within an issuer. */
export function isSubject(claim: unknown): claim is string {
  return typeof claim === 'string' && SUBJECT.test(claim);
}

/** Returns the claim of that very name; if there is none, what the dots lead to. A name on the way may have dots too. */
export function claimAt(claims: JsonObject, path: string): unknown {
  if (Object.hasOwn(claims, path)) return claims[path];
  for (let dot = path.indexOf('.'); dot !== -1; dot = path.indexOf('.', dot + 1)) {
    const name = path.slice(0, dot);
    const inner = Object.hasOwn(claims, name) ? claims[name] : undefined;
    const found = isJsonObject(inner) ? claimAt(inner, path.slice(dot + 1)) : undefined;
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Returns the texts of a claim that is one or a list of them; of every other claim none. */
export function textsOf(claim: unknown): string[] {
  return (Array.isArray(claim) ? claim : [claim]).filter((each) => typeof each === 'string');
}

/** Returns the text of a claim on one line and of bounded length, without what is invisible or turns the writing around. */
export function readable(claim: unknown): string {
  if (typeof claim !== 'string') return '';
  const text = claim.toWellFormed().replace(/[\p{C}\p{Zl}\p{Zp}]/gu, ' ');
  return [...text.trim()].slice(0, NAME_MAX).join('').trim();
}
