/** Prints the functions of the client. */
import type { SdkGroup, SdkOperation } from './document.ts';
import { comment, method } from './print.ts';

/** The types of the SDK that its functions are made of, and their files from the folder of what is generated. */
export const sdkTypes: ReadonlyMap<string, string> = new Map([
  ['MutationOptions', '../calls/options'],
  ['QueryOptions', '../calls/options'],
  ['WaitOptions', '../calls/options'],
  ['RegistryEvent', '../events'],
  ['List', '../list'],
  ['Result', '../result'],
  ['ChangeEvent', '../streams/feed'],
  ['FeedOptions', '../streams/feed'],
  ['SubscribeInput', '../streams/subscription'],
  ['SubscribeOptions', '../streams/subscription'],
]);

/** The parameters and the result of a call, and the names of the types in them. */
interface Signature {
  readonly input: string;
  readonly options: string;
  readonly result: string;
  readonly names: readonly string[];
}

/** Returns the member of the interface: a method with its text, because editors show the texts of methods alone at calls. */
export function memberOf(operation: SdkOperation): string {
  const { name, text, input } = operation;
  const given = (input.required ?? []).length > 0 ? 'input' : 'input?';
  const lines = signaturesOf(operation).map(({ input: type, options, result }, index, all) => {
    // Only the last of several is the one that may be called without a format.
    const parameter = index < all.length - 1 ? 'input' : given;
    return comment(text, 2) + method(name, [`${parameter}: ${type}`, `options?: ${options}`], result);
  });
  return lines.join('');
}

export function isStream({ verb }: SdkOperation): boolean {
  return verb === 'EXPORT' || verb === 'FEED' || verb === 'EVENTS';
}

export function isQuery({ verb }: SdkOperation): boolean {
  return verb === 'GET' || verb === 'LIST';
}

/** Returns the types that the functions of a group name. */
export function namesIn({ operations }: SdkGroup): string[] {
  return operations.flatMap((each) => signaturesOf(each).flatMap(({ names }) => names));
}

function signaturesOf(operation: SdkOperation): Signature[] {
  const { verb, inputName, output } = operation;
  switch (verb) {
    case 'EXPORT':
      return exportsOf(operation);
    case 'FEED':
      return [streamOf(inputName, 'FeedOptions', 'ChangeEvent')];
    case 'EVENTS': {
      const stream = streamOf(inputName, 'SubscribeOptions', 'RegistryEvent');
      return [{ ...stream, input: `SubscribeInput<${inputName}>`, names: [...stream.names, 'SubscribeInput'] }];
    }
    default: {
      const [result, options] = [resultOf(operation), optionsOf(operation)];
      const names = [result, options, inputName, ...(output === undefined ? [] : [output])];
      return [{ input: inputName, options, result: `${result}<${output ?? 'void'}>`, names }];
    }
  }
}

/** An export gives its items one by one, or, as CSV, its text in chunks. */
function exportsOf({ inputName, input, output }: SdkOperation): Signature[] {
  const items = streamOf(inputName, 'QueryOptions', output);
  if (input.properties?.['format'] === undefined) return [items];
  const text = streamOf(inputName, 'QueryOptions', undefined);
  return [
    { ...text, input: `${inputName} & { format: 'csv' }`, result: 'AsyncIterable<string>' },
    { ...items, input: `${inputName} & { format?: 'ndjson' | undefined }` },
  ];
}

function streamOf(input: string, options: string, item: string | undefined): Signature {
  const names = [input, options, ...(item === undefined ? [] : [item])];
  return { input, options, result: `AsyncIterable<${item ?? 'unknown'}>`, names };
}

function resultOf({ verb }: SdkOperation): string {
  return verb === 'LIST' ? 'List' : 'Result';
}

/** A session stands for its person in a GET request alone: the registry takes changes from its own pages only. */
function optionsOf(operation: SdkOperation): string {
  if (operation.verb === 'SAFE') return 'WaitOptions';
  return isQuery(operation) ? 'QueryOptions' : 'MutationOptions';
}
