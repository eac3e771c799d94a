// engine: none
import { expect, test } from 'vitest';
import { allowedSteps, decideStep, needsAddress } from './lifecycle.ts';
import { type NodeState, type NodeStep, nodeStates, nodeSteps } from './schema.ts';

const T = 'taken';
const O = 'there';
const X = 'refused';
/** What each step does in each state, as the documents say it. */
const TABLE: Record<NodeState, Record<NodeStep, string>> = {
  pending: { enroll: T, ready: X, deregister: T },
  enrolling: { enroll: O, ready: T, deregister: T },
  ready: { enroll: X, ready: O, deregister: T },
  deregistered: { enroll: X, ready: X, deregister: O },
};
const GOALS: Record<NodeStep, NodeState> = { enroll: 'enrolling', ready: 'ready', deregister: 'deregistered' };

const cases = nodeStates.flatMap((state) => nodeSteps.map((step) => [state, step] as const));

test.each(cases)('a node that is %s, and the step %s', (state, step) => {
  const decision = decideStep(state, step);
  expect(decision.kind).toBe(TABLE[state][step]);
  if (decision.kind === 'taken') expect(decision.goal).toBe(GOALS[step]);
  if (decision.kind === 'refused') expect(decision.allowed).toEqual(allowedSteps(state));
});

test.each(nodeStates)('what is allowed to a node that is %s is exactly the steps that change it', (state) => {
  expect(allowedSteps(state)).toEqual(nodeSteps.filter((step) => TABLE[state][step] === T));
});

test('only a node that takes part in the network needs its address', () => {
  expect(nodeStates.filter(needsAddress)).toEqual(['enrolling', 'ready']);
});
