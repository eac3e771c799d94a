/**
 * Calls procedures for REST without tRPC's layers, which cost more than most services do. The checks are those of
 * `procedure()`, in its order; a call that needs more than them goes through tRPC.
 */
import type { AnyProcedure } from '@trpc/server';
import type { ZodType } from 'zod';
import { withinDeadline } from './async/deadline.ts';
import type { ActorContext, Context } from './context.ts';
import { inputMistakes } from './errors/input-texts.ts';
import { toDomainError } from './errors/to-domain-error.ts';
import { kernelErrors, tooLate } from './errors.ts';
import type { Permission } from './permissions.ts';
import { noteTenantOf } from './request-facts.ts';
import { answered, type Meta, type RestRoute, requireStorable, tagAnswer } from './trpc.ts';

export interface Callable {
  /** The procedure's path: `tenants.create`. */
  readonly procedure: string;
  readonly type: 'query' | 'mutation';
  /** Null: every known caller may call it. */
  readonly permission: Permission | null;
  readonly route: RestRoute;
  readonly isPublic: boolean;
  readonly isPersonal: boolean;
  readonly input: ZodType;
  readonly output: ZodType;
  readonly call: AnyProcedure;
}

/** Calls with an input that is read only when the caller may call: who may not learns nothing about the shape. */
export type Call = (ctx: Context, read: () => unknown) => Promise<unknown>;

type Resolver = (asked: { readonly ctx: ActorContext; readonly input: unknown }) => Promise<unknown>;

/** Returns the function that calls the procedure. It rejects with the documented error of a failure, which is logged. */
export function callerOf(callable: Callable): Call {
  const { call, procedure: path, type, permission } = callable;
  const meta: Meta = call._def.meta ?? {};
  // The procedure itself, without tRPC's proxy caller, which costs a third of the throughput.
  const throughTrpc: Call = (ctx, read) =>
    call({ ctx, path, type, getRawInput: async () => read(), signal: undefined, batchIndex: 0 });
  const resolver = 'resolver' in call._def ? (call._def.resolver as Resolver) : undefined; // tRPC keeps it at run time alone
  if (resolver === undefined || callable.isPublic || callable.isPersonal) return throughTrpc;
  const isReplayed = type === 'mutation' && !meta.safe && !meta.setsCookie;
  return (ctx, read) => {
    if (!mayCall(ctx, permission) || (isReplayed && ctx.idempotencyKey !== null)) return throughTrpc(ctx, read);
    return inTime(ctx, callable, () => serve(ctx, { read, callable, resolver, meta }));
  };
}

/** By a role or a scope: a level in a project is looked up by tRPC's layer. */
function mayCall(ctx: Context, permission: Permission | null): ctx is ActorContext {
  return ctx.actor !== null && (permission === null || ctx.actor.permissions.has(permission));
}

async function inTime<T>(ctx: Context, { procedure, route }: Callable, work: () => Promise<T>): Promise<T> {
  try {
    return await withinDeadline(work(), ctx.deadline.leftMs(), tooLate);
  } catch (thrown) {
    throw answered(ctx, toDomainError(thrown, ctx.constraints), { procedure, rest: route });
  }
}

interface Serving {
  readonly read: () => unknown;
  readonly callable: Callable;
  readonly resolver: Resolver;
  readonly meta: Meta;
}

async function serve(ctx: ActorContext, { read, callable, resolver, meta }: Serving): Promise<unknown> {
  const given = read();
  noteTenantOf(ctx, given);
  requireStorable(given, meta);
  const { data: input, error } = callable.input.safeParse(given);
  if (error !== undefined) throw kernelErrors.invalidInput({ errors: inputMistakes(error, given) });
  const answer = callable.output.parse(await resolver({ ctx, input }));
  noteTenantOf(ctx, answer);
  tagAnswer(ctx, meta, answer);
  return answer;
}
