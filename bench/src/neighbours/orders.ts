/** What the bench and its attacker, a process of its own, tell each other. */

export const attackNames = ['F1', 'F2', 'F3', 'F4', 'F5'] as const;
export type AttackName = (typeof attackNames)[number];

/** Whom the attacker is, and whom it attacks. */
export interface Target {
  readonly attack: AttackName;
  readonly url: string;
  readonly tenantId: string;
  /** Keys of one tenant, each with a budget of its own. */
  readonly keys: readonly string[];
}

export type Order = { readonly kind: 'prepare'; readonly target: Target } | { readonly kind: 'attack' | 'stop' };

/** How many answers came with each status; 0: none came. */
export type Tally = Readonly<Record<string, number>>;

export type Report =
  | { readonly kind: 'prepared'; readonly note: string }
  | { readonly kind: 'stopped'; readonly tally: Tally }
  | { readonly kind: 'failed'; readonly message: string };
