/** The kinds of procedure, and what each checks before a service is called. */
import { initTRPC, TRPCError } from '@trpc/server';
import { middlewareMarker } from '@trpc/server/unstable-core-do-not-import';
import { ZodError, type ZodType } from 'zod';
import { type Actor, anonymousActor } from './actor.ts';
import { withinDeadline } from './async/deadline.ts';
import type { Surcharge } from './budgets.ts';
import type { Context, Person } from './context.ts';
import { placed } from './errors/input-place.ts';
import { inputMistakes } from './errors/input-texts.ts';
import { malformed } from './errors/malformed.ts';
import { toProblem } from './errors/problem.ts';
import { toDomainError } from './errors/to-domain-error.ts';
import { type DomainError, type ErrorFactory, kernelErrors, missingPermission, tooLate } from './errors.ts';
import { etagOf } from './etag.ts';
import { idempotent, withoutFields } from './idempotency.ts';
import type { Logger } from './logger.ts';
import type { Permission } from './permissions.ts';
import { actorInProject, type ProjectOf } from './project-levels.ts';
import { noteTenantOf } from './request-facts.ts';
import { ConnectionEnd } from './streams/tracked-events.ts';

/** The appearance of a procedure under `/v1`. A procedure that has one is mounted and documented. */
export interface RestRoute {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** `/v1/tenants/{id}`: each name in braces is a field of the input. */
  readonly path: `/v1/${string}`;
  /** On success; 200 when absent. 202 says that work goes on after the answer; 204 sends no body. */
  readonly status?: 200 | 201 | 202 | 204;
  /** The stable operation id of the document: `create_tenant`. */
  readonly operation: string;
  readonly tag: string;
  readonly summary: string;
  readonly description: string;
  /** The errors beyond those that every operation has. */
  readonly errors?: readonly ErrorFactory[];
  /** The answer is one resource: it carries a strong ETag. */
  readonly etag?: boolean;
  /** The answer is a state that the service names: it has set the ETag itself. */
  readonly stateTag?: boolean;
  /** Whether it takes If-Match, where that does not follow from method and ETag: a DELETE whose answer has no body may. */
  readonly ifMatch?: boolean;
  /** `/v1/tenants/{id}`, filled from the output: the Location of a 201. */
  readonly location?: `/v1/${string}`;
  /** Fields that travel in the query of a POST, PUT or PATCH: `?dry_run=true`. A GET and a DELETE have all of theirs there. */
  readonly inQuery?: readonly string[];
  /** The largest body in bytes, where 64 KiB is not enough. */
  readonly bodyBytesMax?: number;
  /** The output is a TextStream or an EventStream, in one of these media types. */
  readonly stream?: readonly string[];
  /** The shape of the whole text, where the output is a TextStream of JSON. */
  readonly streamOf?: ZodType;
  /** Differences from the examples that the fields carry; for a stream, its text by media type. */
  readonly example?: {
    readonly request?: Readonly<Record<string, unknown>>;
    readonly response?: Readonly<Record<string, unknown>>;
  };
}

export interface Meta {
  /** Null: every known caller may call it. */
  readonly permission?: Permission | null;
  /** Callers need no credential. */
  readonly public?: boolean;
  /** It is about the caller, who is a user of a tenant in person. */
  readonly person?: boolean;
  /** A level in a project may stand in for the role that holds the permission. */
  readonly project?: ProjectOf;
  /** A mutation that changes nothing: a repetition must be answered anew, not from memory. */
  readonly safe?: boolean;
  /** The answer gives or takes a cookie: a repetition is done anew, and the answer is never stored. */
  readonly setsCookie?: boolean;
  /** Fields of the input, or of the items of a list in it, that may be any text: they are compared and never stored. */
  readonly opaqueFields?: readonly string[];
  /** Top-level fields of the answer that are shown once and never stored. */
  readonly secretFields?: readonly string[];
  /**
   * Top-level fields of the answer that its tag leaves out: another field is a hash of them, or they say how far work on it
   * is, and no caller can set them.
   */
  readonly hashedFields?: readonly string[];
  /** The kind of work that a call is charged for on top of its request. */
  readonly surcharge?: Surcharge;
  readonly rest?: RestRoute;
}

/** How often a subscription gives a sign of life. */
const ALIVE_MS = 15_000;

const t = initTRPC
  .context<Context>()
  .meta<Meta>()
  .create({
    isDev: false,
    // A client that hears nothing for three intervals connects again.
    sse: {
      ping: { enabled: true, intervalMs: ALIVE_MS },
      client: { reconnectAfterInactivityMs: 3 * ALIVE_MS },
    },
    errorFormatter({ error, ctx, shape }) {
      const problem = toProblem(toDomainError(error, ctx?.constraints ?? new Map()), ctx?.requestId ?? '');
      const { code, path } = shape.data;
      return { code: shape.code, message: problem.detail, data: { code, httpStatus: problem.status, path, problem } };
    },
  });

export const router = t.router;

/** Logs a failure of the registry with its cause; a caller's mistake is not logged. */
export function logFailure(logger: Logger, error: DomainError, procedure: string): void {
  const { code, status } = error.definition;
  if (status === 'INTERNAL_SERVER_ERROR' || status === 'SERVICE_UNAVAILABLE') {
    logger.error({ err: error.extras.cause ?? error, code, procedure }, 'request failed');
  }
}

interface Failing {
  readonly procedure: string;
  readonly rest: RestRoute | undefined;
}

/** Returns the error as the caller gets it, with the places of its mistakes in the request, and logs a failure of the registry. */
export function answered({ logger }: Context, found: DomainError, { procedure, rest }: Failing): DomainError {
  const error = rest === undefined ? found : placed(found, rest);
  logFailure(logger, error, procedure);
  return error;
}

/**
 * Answers in time, whatever the work waits for; a stream is an answer when it begins, and may take longer. Turns every failure
 * into its documented error, and logs unforeseen ones once.
 */
const answerInTime = t.middleware(async ({ ctx, type, path, meta, getRawInput, next }) => {
  const answerTo = async (thrown: unknown) => {
    const refused = refusedInput(thrown);
    const found =
      refused === undefined
        ? toDomainError(thrown, ctx.constraints)
        : kernelErrors.invalidInput({ errors: inputMistakes(refused, await getRawInput()) });
    return toTrpcError(answered(ctx, found, { procedure: path, rest: meta?.rest }));
  };
  const result = await withinDeadline(next(), ctx.deadline.leftMs(), tooLate).catch(async (thrown: unknown) => {
    throw await answerTo(thrown);
  });
  if (!result.ok) throw await answerTo(result.error);
  // A subscription fails while it is read, after its procedure ended.
  if (type !== 'subscription') return result;
  return { ...result, data: failingAs(result.data as AsyncIterable<unknown>, answerTo) }; // tRPC's type of a subscription says so
});

/** Returns the error as tRPC knows errors. */
export function toTrpcError(error: DomainError): TRPCError {
  return new TRPCError({ code: trpcCodeOf(error), message: error.message, cause: error });
}

/** tRPC has no name for 410. The answer has that status all the same: it is taken from the problem. */
function trpcCodeOf({ definition: { status } }: DomainError): TRPCError['code'] {
  return status === 'GONE' ? 'NOT_FOUND' : status;
}

/** Yields the values; an error is replaced with what `answerTo` makes of it, unless it ends the connection alone. */
async function* failingAs(values: AsyncIterable<unknown>, answerTo: (thrown: unknown) => Promise<TRPCError>) {
  try {
    yield* values;
  } catch (thrown) {
    throw thrown instanceof ConnectionEnd ? thrown : await answerTo(thrown);
  }
}

/** Returns what the schema of a procedure's input found. An answer that its own schema refuses is no mistake of the caller. */
function refusedInput(thrown: unknown): ZodError | undefined {
  if (!(thrown instanceof TRPCError) || thrown.code !== 'BAD_REQUEST') return undefined;
  return thrown.cause instanceof ZodError ? thrown.cause : undefined;
}

/** Sets the version of the one resource that is the answer, over REST and tRPC alike. What is shown once is no part of it. */
export function tagAnswer({ answerHeaders }: Context, meta: Meta | undefined, answer: unknown): void {
  if (!meta?.rest?.etag) return;
  const { secretFields = [], hashedFields = [] } = meta;
  answerHeaders.set('etag', etagOf(withoutFields(answer, [...secretFields, ...hashedFields])));
}

/** Throws `invalid_input` for text that the database cannot keep. */
export function requireStorable(input: unknown, meta: Meta | undefined): void {
  const mistake = malformed(storable(input, meta?.opaqueFields));
  if (mistake !== undefined) throw kernelErrors.invalidInput({ errors: [mistake] });
}

/** Says that the context has its actor. Nothing is given: tRPC would copy the whole context, which costs more than the check. */
const known = { ctx: undefined as unknown as { readonly actor: Actor } };

/** The input without the texts that are compared only. */
function storable(input: unknown, opaque: readonly string[] = []): unknown {
  if (opaque.length === 0 || typeof input !== 'object' || input === null) return input;
  const isOpaque = ([field, value]: [string, unknown]) => typeof value === 'string' && opaque.includes(field);
  const entries = Object.entries(input).filter((entry) => !isOpaque(entry));
  return Object.fromEntries(entries.map(([field, value]) => [field, withoutOpaqueItems(field, value, opaque)]));
}

/** `questions.key` is opaque in each item of the list `questions`. */
function withoutOpaqueItems(list: string, value: unknown, opaque: readonly string[]): unknown {
  const ofItems = opaque.filter((path) => path.startsWith(`${list}.`)).map((path) => path.slice(list.length + 1));
  return Array.isArray(value) ? value.map((item) => storable(item, ofItems)) : value;
}

/** Returns the caller bound to the project of the input, and the database as it sees it; null without the permission there. */
async function insideProject(
  ctx: Context,
  permission: Permission,
  { project, input }: { readonly project: ProjectOf; readonly input: unknown },
) {
  const fields = typeof input === 'object' && input !== null ? (input as Readonly<Record<string, unknown>>) : {};
  const id = typeof project === 'string' ? fields[project] : await project(ctx, fields);
  const actor = ctx.actor && (await actorInProject(ctx, { actor: ctx.actor, permission, project: id }));
  if (actor === null || actor.tenant_id === null) return null;
  const { tenant_id, project_id } = actor;
  return { actor, db: ctx.forTenant({ tenant_id, project_id }, ctx.signal) };
}

export interface ProcedureOptions {
  /**
   * Who lacks the permission by role may have it by a level in this project, and then acts in that project alone, like a
   * key that is bound to it.
   */
  readonly project?: ProjectOf;
}

/**
 * A procedure for callers that are not known: the front door. Its body is small, it costs the caller's address, it is
 * never replayed, and its actor is the address.
 */
export function publicProcedure() {
  return t.procedure
    .meta({ permission: null, public: true })
    .use(answerInTime)
    .use(({ ctx, next }) =>
      next({ ctx: { actor: ctx.actor ?? anonymousActor(ctx.sourceIp ?? 'unknown'), db: ctx.root } }),
    )
    .use(async ({ meta, getRawInput, next }) => {
      requireStorable(await getRawInput(), meta);
      return next();
    });
}

/**
 * A procedure for callers that hold the permission, or with null for every known caller: 401 without a credential,
 * 403 without the permission.
 */
export function procedure(permission: Permission | null, { project }: ProcedureOptions = {}) {
  return t.procedure
    .meta({ permission, ...(project === undefined ? {} : { project }) })
    .use(answerInTime)
    .use(async ({ ctx, type, path, meta, getRawInput, next }) => {
      const { actor } = ctx;
      if (actor === null) throw ctx.refusal ?? kernelErrors.unauthenticated();
      if (meta?.person && personIn(actor) === null) throw kernelErrors.noUser();
      if (permission === null || actor.permissions.has(permission)) return next(known);
      const inside =
        project === undefined ? null : await insideProject(ctx, permission, { project, input: await getRawInput() });
      if (inside !== null) return next({ ctx: inside });
      if (type === 'mutation') ctx.accessLog.denied(actor, { permission, procedure: path });
      throw missingPermission(permission);
    })
    .use(async ({ ctx, type, path, meta, getRawInput, next }) => {
      const input = await getRawInput();
      noteTenantOf(ctx, input);
      requireStorable(input, meta);
      const answer = async () => {
        const { idempotencyKey } = ctx;
        if (idempotencyKey === null || type !== 'mutation' || meta?.safe || meta?.setsCookie) return next();
        const request = { procedure: path, input, secretFields: meta?.secretFields ?? [] };
        const outcome = await idempotent({ ...ctx, idempotencyKey }, request, (idempotencyClaim) =>
          next({ ctx: { idempotencyClaim } }),
        );
        if (!outcome.replayed) return outcome.result;
        ctx.answerHeaders.set('idempotency-replayed', 'true');
        // The answer as it was: the service is not called again.
        return { ok: true as const, data: outcome.body ?? undefined, marker: middlewareMarker };
      };
      const result = await answer();
      if (!result.ok) return result;
      noteTenantOf(ctx, result.data);
      tagAnswer(ctx, meta, result.data);
      return result;
    });
}

/**
 * A procedure for a user of a tenant in person: 403 `no_user` for every other caller. A key that a user owns is none: who
 * finds it must not end the sessions of its owner.
 */
export function personProcedure() {
  return procedure(null)
    .meta({ permission: null, person: true })
    .use(({ ctx, next }) => {
      const person = personIn(ctx.actor);
      if (person === null) throw kernelErrors.noUser();
      return next({ ctx: { person } });
    });
}

function personIn({ type, tenant_id, user_id, session_id }: Actor): Person | null {
  return type === 'user' && tenant_id !== null && user_id !== null ? { tenant_id, user_id, session_id } : null;
}
