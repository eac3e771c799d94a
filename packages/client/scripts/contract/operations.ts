/** Prints the functions of the client. */
import type { SdkGroup, SdkOperation } from './document.ts';
import { statement } from './print.ts';

/** The types of the SDK that its functions are made of, and their files from the folder of what is generated. */
export const sdkTypes: ReadonlyMap<string, string> = new Map([
  ['MutationOptions', '../calls/options'],
  ['QueryOptions', '../calls/options'],
  ['WaitOptions', '../calls/options'],
  ['List', '../list'],
  ['Result', '../result'],
  ['Export', '../streams/export'],
  ['Feed', '../streams/feed'],
  ['Subscribe', '../streams/subscription'],
]);

/** Returns the member of the interface. A call is a method, so that editors show its text beside its parameters too. */
export function functionOf(operation: SdkOperation): string {
  const { name, inputName, input } = operation;
  if (isStream(operation)) return statement(`readonly ${name}:`, [streamOf(operation)]);
  const given = (input.required ?? []).length > 0 ? 'input' : 'input?';
  const result = `${resultOf(operation)}<${operation.output ?? 'void'}>`;
  return statement(`${name}(${given}: ${inputName}, options?: ${optionsOf(operation)}):`, [result]);
}

export function isStream({ verb }: SdkOperation): boolean {
  return verb === 'EXPORT' || verb === 'FEED' || verb === 'EVENTS';
}

/** Returns the types that the functions of a group name. */
export function namesIn({ operations }: SdkGroup): string[] {
  return operations.flatMap((each) => {
    const output = each.output === undefined ? [] : [each.output];
    if (each.verb === 'FEED') return ['Feed'];
    if (each.verb === 'EVENTS') return ['Subscribe', each.inputName];
    if (each.verb === 'EXPORT') return ['Export', each.inputName, ...output];
    return [resultOf(each), optionsOf(each), each.inputName, ...output];
  });
}

function streamOf({ verb, inputName, output = 'unknown' }: SdkOperation): string {
  if (verb === 'FEED') return 'Feed';
  return verb === 'EVENTS' ? `Subscribe<${inputName}>` : `Export<Omit<${inputName}, 'format'>, ${output}>`;
}

function resultOf({ verb }: SdkOperation): string {
  return verb === 'LIST' ? 'List' : 'Result';
}

/** A session stands for its person in a GET request alone: the registry takes changes from its own pages only. */
function optionsOf({ verb }: SdkOperation): string {
  if (verb === 'SAFE') return 'WaitOptions';
  return verb === 'GET' || verb === 'LIST' ? 'QueryOptions' : 'MutationOptions';
}
