/** The operations of `/v1`, read off the router: what is mounted and what is documented are the same list. */
import type { AnyProcedure, AnyRouter } from '@trpc/server';
import { z } from 'zod';
import { BODY_BYTES_MAX, PUBLIC_BODY_BYTES_MAX } from '../kernel/bounds.ts';
import type { Surcharge } from '../kernel/budgets.ts';
import type { Permission } from '../kernel/permissions.ts';
import type { Meta, RestRoute } from '../kernel/trpc.ts';
import { grants } from '../modules.ts';
import { appRouter } from '../router.ts';

export interface Operation {
  /** The procedure's path: `tenants.create`. */
  readonly procedure: string;
  readonly type: 'query' | 'mutation';
  /** Null: every known caller may call it. */
  readonly permission: Permission | null;
  readonly route: RestRoute;
  /** It changes nothing, although it is no GET. */
  readonly safe: boolean;
  /** Fields of the answer that are shown once, and absent from a replay. */
  readonly secretFields: readonly string[];
  /** The kind of work that a call is charged for on top of its request. */
  readonly surcharge: Surcharge | undefined;
  /** Nobody needs to be known to call it. */
  readonly isPublic: boolean;
  /** It is about the caller, who is a user of a tenant in person. */
  readonly isPersonal: boolean;
  /** The answer gives or takes a cookie, and is never stored. */
  readonly setsCookie: boolean;
  /** A level in a project may stand in for the permission. */
  readonly inProject: boolean;
  /** The largest body in bytes. */
  readonly bodyBytesMax: number;
  readonly input: z.ZodObject;
  readonly output: z.ZodType;
  readonly call: AnyProcedure;
  /** The fields of the input that are in the path. */
  readonly pathFields: readonly string[];
  /** The fields that are query parameters. */
  readonly queryFields: readonly string[];
  /** Whether the remaining fields travel as JSON body; without one there are none. */
  readonly hasBody: boolean;
}

/** Every procedure that has a route, in the router's order. Throws when one has a route but no permission or no object as input. */
export function listOperations(): Operation[] {
  const procedures: Record<string, AnyProcedure> = (appRouter as AnyRouter)._def.procedures;
  return Object.entries(procedures).flatMap(([procedure, call]) => {
    const { _def } = call;
    const meta: Meta = _def.meta ?? {};
    const { rest, permission, safe = false, surcharge, public: isPublic = false, project } = meta;
    const { person: isPersonal = false, setsCookie = false, secretFields = [] } = meta;
    if (rest === undefined) return [];
    const [input] = inputsOf(_def);
    const output: unknown = 'output' in _def ? _def.output : undefined;
    if (permission === undefined) throw new Error(`${procedure}: a route needs a permission`);
    if (!(input instanceof z.ZodObject)) throw new Error(`${procedure}: a route needs an object as its input`);
    if (!(output instanceof z.ZodType)) throw new Error(`${procedure}: every procedure declares its output`);
    const pathFields = [...rest.path.matchAll(/\{(\w+)\}/g)].map(([, field = '']) => field);
    const otherFields = Object.keys(input.shape).filter((field) => !pathFields.includes(field));
    const { inQuery = [] } = rest;
    const queryFields =
      rest.method === 'GET' || rest.method === 'DELETE'
        ? otherFields
        : otherFields.filter((field) => inQuery.includes(field));
    const hasBody = otherFields.length > queryFields.length;
    const type = _def.type === 'query' ? 'query' : 'mutation';
    const bodyBytesMax = rest.bodyBytesMax ?? (isPublic ? PUBLIC_BODY_BYTES_MAX : BODY_BYTES_MAX);
    const fields = { input, output, pathFields, queryFields, hasBody, bodyBytesMax, secretFields };
    const kind = { safe, isPublic, isPersonal, setsCookie, inProject: project !== undefined };
    return [{ procedure, call, type, permission, surcharge, ...kind, route: rest, ...fields }];
  });
}

/** A subscription, which tRPC alone serves. */
export type Subscription = Pick<Operation, 'procedure' | 'permission' | 'surcharge' | 'isPublic'>;

/** Every subscription, in the router's order. Throws when one is open to unknown callers: each holds a connection. */
function listSubscriptions(): Subscription[] {
  const procedures: Record<string, AnyProcedure> = (appRouter as AnyRouter)._def.procedures;
  return Object.entries(procedures).flatMap(([procedure, { _def }]) => {
    if (_def.type !== 'subscription') return [];
    const { permission, surcharge, public: isPublic = false }: Meta = _def.meta ?? {};
    if (permission === undefined || isPublic) throw new Error(`${procedure}: a subscription needs a permission`);
    return [{ procedure, permission, surcharge, isPublic }];
  });
}

/** Which operations a listener serves. */
export type Surface = 'all' | 'public' | 'internal';

/**
 * Returns the operations of a listener. With two of them, the public one does not know `/v1/internal`, and the internal
 * one knows what an internal token may do: nobody signs in there.
 */
export function operationsOn(surface: Surface): Operation[] {
  return listOperations().filter(({ route, permission, isPublic, isPersonal }) => {
    switch (surface) {
      case 'all':
        return true;
      case 'public':
        return !route.path.startsWith('/v1/internal/');
      case 'internal':
        return !isPublic && !isPersonal && isInternal(permission);
      default:
        return surface satisfies never;
    }
  });
}

/** Returns the subscriptions of a listener: the internal one knows what an internal token may follow. */
export function subscriptionsOn(surface: Surface): Subscription[] {
  return listSubscriptions().filter(({ permission }) => surface !== 'internal' || isInternal(permission));
}

/** Tells whether an internal token may do what needs the permission. */
function isInternal(permission: Permission | null): boolean {
  return permission === null || grants.byRole.internal.includes(permission);
}

/** tRPC keeps the schemas at run time but not in its types. */
function inputsOf(definition: object): readonly unknown[] {
  return 'inputs' in definition && Array.isArray(definition.inputs) ? definition.inputs : [];
}
