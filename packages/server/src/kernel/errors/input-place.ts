/** Where in a request the mistakes of its input are, and the sentence that names the first of them. */
import { DomainError, type InputMistake, kernelErrors } from '../errors.ts';

/** The parts of a route from which the place of a mistake follows. */
export interface PlacedRoute {
  readonly method: string;
  /** Each name in braces is a field of the input. */
  readonly path: string;
  /** Fields of the query where the others are of the body. */
  readonly inQuery?: readonly string[];
}

const DETAIL_LENGTH_MAX = 500;

/** Returns the error with the place of each mistake: in the path, in the query or in the body, as the route takes them. */
export function placed(error: DomainError, { method, path, inQuery = [] }: PlacedRoute): DomainError {
  const { definition, extras } = error;
  const own = definition.pointer === undefined ? undefined : [{ pointer: definition.pointer, message: error.message }];
  const given: readonly InputMistake[] | undefined = extras.errors ?? own;
  if (given === undefined) return error;
  const allInQuery = method === 'GET' || method === 'DELETE';
  const placeOf = (field: string) => {
    if (path.includes(`{${field}}`)) return 'path';
    return allInQuery || inQuery.includes(field) ? 'query' : 'body';
  };
  const errors = given.map((mistake) => {
    const [, field = ''] = mistake.pointer.split('/');
    return { ...mistake, in: mistake.in ?? placeOf(field) } as const;
  });
  const detail = extras.detail ?? (definition === kernelErrors.invalidInput.definition ? sentence(errors) : undefined);
  return new DomainError(definition, { ...extras, errors, ...(detail === undefined ? {} : { detail }) });
}

function sentence([first]: readonly InputMistake[]): string | undefined {
  if (first === undefined) return undefined;
  const subject = first.pointer === '' ? `The ${first.in}` : first.pointer;
  const text = `${subject} ${first.message}`;
  return `${text.length > DETAIL_LENGTH_MAX ? `${text.slice(0, DETAIL_LENGTH_MAX).toWellFormed()}…` : text}.`;
}
