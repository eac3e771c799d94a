/** The rules of CEL in a structural schema (`x-kubernetes-validations`), run as an API server runs them. */
import { Environment, EvaluationError } from '@marcbachmann/cel-js';
import { duplicate, invalid } from './causes.ts';
import { isObject } from './json.ts';
import { forbiddenField, requiredField } from './status.ts';
import { type RuleSource, type Structural, schemaOfKey } from './structural.ts';
import type { Cause, Json } from './types.ts';

/** A rule that was compiled. */
export interface Rule {
  readonly source: RuleSource;
  /** The rule names `oldSelf`, so it is run only where there is an earlier value. */
  readonly transition: boolean;
  readonly holds: (values: Values) => unknown;
  readonly message: ((values: Values) => unknown) | undefined;
}

interface Values {
  readonly self: unknown;
  readonly oldSelf?: unknown;
}

/** A value that rules are run on. */
export interface Checked {
  readonly schema: Structural;
  readonly value: Json;
  readonly old: Json | undefined;
  readonly path: string;
}

const alone = new Environment({ unlistedVariablesAreDyn: false }).registerVariable('self', 'dyn');
const withOld = alone.clone().registerVariable('oldSelf', 'dyn');

/** Compiles a rule. Throws an error that quotes the rule where it has no meaning or answers no boolean. */
export function compileRule(source: RuleSource): Rule {
  const rule = compiled(source.rule, 'bool');
  const { messageExpression } = source;
  const message = messageExpression === undefined ? undefined : compiled(messageExpression, 'string').run;
  return { source, transition: rule.transition, holds: rule.run, message };
}

function compiled(expression: string, type: string): { run: (values: Values) => unknown; transition: boolean } {
  const first = alone.check(expression);
  const transition = !first.valid && withOld.check(expression).valid;
  const found = transition ? withOld.check(expression) : first;
  if (!found.valid) throw new Error(`The rule ${expression} does not compile: ${found.error?.message}`);
  if (found.type !== type && found.type !== 'dyn')
    throw new Error(`The rule ${expression} answers ${found.type}, not ${type}.`);
  return { run: (transition ? withOld : alone).parse(expression), transition };
}

/** Runs one rule on a value; answers undefined where it holds, and where it is about a change and there is none. */
export function causeOf(rule: Rule, checked: Checked): Cause | undefined {
  const { schema, value, old, path } = checked;
  if (rule.transition && old === undefined) return undefined;
  const oldSelf = rule.transition && old !== undefined ? { oldSelf: toCel(schema, old) } : {};
  const values: Values = { self: toCel(schema, value), ...oldSelf };
  try {
    return rule.holds(values) === true ? undefined : failure(rule, values, checked);
  } catch (error) {
    if (!(error instanceof EvaluationError)) throw error;
    return invalid(path, `${error.summary} evaluating rule: ${messageOf(rule)}`, simple(value));
  }
}

const messageOf = ({ source }: Rule): string => source.message ?? `failed rule: ${source.rule}`;

function failure(rule: Rule, values: Values, { value, path }: Checked): Cause {
  const field = `${path}${rule.source.fieldPath ?? ''}`;
  const said = expressed(rule, values);
  const detail = said ?? messageOf(rule);
  switch (rule.source.reason) {
    case 'FieldValueForbidden':
      return forbiddenField(field, detail);
    case 'FieldValueRequired':
      return requiredField(field, detail);
    case 'FieldValueDuplicate':
      return duplicate(field, value);
    default:
      return invalid(field, detail, said === undefined ? simple(value) : undefined);
  }
}

/** The text of `messageExpression`; undefined where there is none, or it fails, is empty or has several lines. */
function expressed(rule: Rule, values: Values): string | undefined {
  try {
    const text = rule.message?.(values);
    return typeof text === 'string' && text.trim() !== '' && !text.includes('\n') ? text : undefined;
  } catch {
    return undefined;
  }
}

/** Messages show simple values only. */
const simple = (value: Json): Json | undefined => (typeof value === 'object' && value !== null ? undefined : value);

/** Gives integers the type of CEL, so that `self > 0` compares integers, and leaves what the schema calls a number. */
function toCel(schema: Structural | undefined, value: Json): unknown {
  if (Array.isArray(value)) return value.map((item) => toCel(schema?.items, item));
  if (isObject(value))
    return Object.fromEntries(
      Object.entries(value).map(([key, one]) => [key, toCel(schema && schemaOfKey(schema, key), one)]),
    );
  return Number.isInteger(value) && schema?.type !== 'number' ? BigInt(value as number) : value;
}
