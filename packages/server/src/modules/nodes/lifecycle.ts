/** The life of a node as a guarded machine: what a step does is decided here, from the state alone. */
import type { NodeState, NodeStep } from './schema.ts';

/** Where each step leads. */
const GOAL = { enroll: 'enrolling', ready: 'ready', deregister: 'deregistered' } as const satisfies Record<
  NodeStep,
  NodeState
>;
export type NodeGoal = (typeof GOAL)[NodeStep];

/** The steps that lead a node in that state to another one; empty when there is none. */
export function allowedSteps(state: NodeState): NodeStep[] {
  switch (state) {
    case 'pending':
      return ['enroll', 'deregister'];
    case 'enrolling':
      return ['ready', 'deregister'];
    case 'ready':
      return ['deregister'];
    case 'deregistered':
      return [];
    default:
      return state satisfies never;
  }
}

/** What a step does: it leads to another state, the node is there already, or the step cannot be taken. */
export type Decision =
  | { readonly kind: 'taken'; readonly goal: NodeGoal }
  | { readonly kind: 'there' }
  | { readonly kind: 'refused'; readonly allowed: readonly NodeStep[] };

/** Decides what the step does with a node in that state. */
export function decideStep(state: NodeState, step: NodeStep): Decision {
  const goal = GOAL[step];
  if (state === goal) return { kind: 'there' };
  const allowed = allowedSteps(state);
  return allowed.includes(step) ? { kind: 'taken', goal } : { kind: 'refused', allowed };
}

/** Whether a node in that state cannot be without an address. */
export function needsAddress(state: NodeState): boolean {
  return state === 'enrolling' || state === 'ready';
}
