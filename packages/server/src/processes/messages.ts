/** What the supervisor and its processes say to each other. */
import type { Count, Figures, Gathered } from '../kernel/process-group.ts';
import type { Signal } from '../kernel/signals.ts';
import type { Listening } from '../replica.ts';

/** They end the group, or one process of it. */
export const ENDING_SIGNALS = ['SIGTERM', 'SIGINT', 'SIGQUIT'] as const;

/** To a process. */
export type Order =
  /** The first message: which one it is. */
  | { readonly kind: 'begin'; readonly process: number }
  /** From now on it does the work that one of the group does. */
  | { readonly kind: 'lead' }
  | { readonly kind: 'stop' }
  | { readonly kind: 'signal'; readonly signal: Signal }
  | { readonly kind: 'tell_figures'; readonly question: number }
  | { readonly kind: 'gathered'; readonly question: number; readonly gathered: Gathered }
  | { readonly kind: 'counts'; readonly counts: readonly Count[] };

/** From a process. */
export type Report =
  | ({ readonly kind: 'listening' } & Listening)
  /** A signal told it to end. The supervisor says when. */
  | { readonly kind: 'leaving' }
  | { readonly kind: 'signal'; readonly signal: Signal }
  /** It wants the figures of all others; these are its own. */
  | { readonly kind: 'gather'; readonly question: number; readonly own: Figures }
  | { readonly kind: 'figures'; readonly question: number; readonly figures: Figures }
  /** The last figures of a process that ends. */
  | { readonly kind: 'farewell'; readonly figures: Figures }
  | { readonly kind: 'counts'; readonly counts: readonly Count[] };
