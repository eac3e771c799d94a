/** What the threads are asked, and what they answer. JSON travels as text, which is cheaper than a copied value. */

import type { Mistake } from './engine/pointers.ts';
import type { PatchOperation } from './patch.ts';

export type Question =
  | { readonly kind: 'check'; readonly schema: string }
  | { readonly kind: 'validate'; readonly schema: string; readonly contents: readonly string[] }
  | { readonly kind: 'diff'; readonly from: string; readonly to: string };

export type Answer =
  | { readonly kind: 'usable' }
  | { readonly kind: 'unusable'; readonly mistakes: readonly Mistake[] }
  /** Of the first contents, at least one: the thread ends a turn before it has held up others for long. */
  | { readonly kind: 'verdicts'; readonly mistakes: readonly (readonly Mistake[])[] }
  | { readonly kind: 'patch'; readonly operations: readonly PatchOperation[] }
  | { readonly kind: 'too_costly' };
