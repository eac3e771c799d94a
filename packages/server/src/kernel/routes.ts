/** The routes of a module: what follows from the kind of an operation is not written again. */
import type { ErrorFactory } from './errors.ts';
import type { RestRoute } from './trpc.ts';

type Path = RestRoute['path'];

/** The errors of work inside a tenant, by what its status forbids. */
export interface TenancyErrors {
  readonly read: readonly ErrorFactory[];
  readonly write: readonly ErrorFactory[];
}

export interface RoutesOptions {
  /** Under which the document lists the operations. */
  readonly tag: string;
  /** Absent: no operation is inside a tenant. */
  readonly tenancy?: TenancyErrors;
}

interface Described
  extends Pick<
    RestRoute,
    | 'operation'
    | 'summary'
    | 'description'
    | 'errors'
    | 'inQuery'
    | 'bodyBytesMax'
    | 'stream'
    | 'streamOf'
    | 'stateTag'
    | 'example'
  > {
  /** The operation reads or writes inside a tenant, whose status may forbid that. */
  readonly inTenant?: 'read' | 'write';
}

/** A creation whose answer has no ETag, or leads nowhere, says so. */
interface Created extends Described {
  readonly etag?: false;
  readonly location?: false;
}

/** Returns the makers of a module's routes. Path, id and sentences stay literal: they are the contract. */
export function routes({ tag, tenancy = { read: [], write: [] } }: RoutesOptions) {
  const route = (method: RestRoute['method'], path: Path, { inTenant, ...described }: Described): RestRoute => {
    const errors = [...(described.errors ?? []), ...(inTenant === undefined ? [] : tenancy[inTenant])];
    return { method, path, tag, ...described, ...(errors.length === 0 ? {} : { errors }) };
  };
  return {
    /** POST, 201, with the ETag of what was created and its Location. */
    create: (path: Path, { etag, location, ...described }: Created): RestRoute => ({
      ...route('POST', path, described),
      status: 201,
      ...(etag === undefined ? { etag: true } : {}),
      ...(location === undefined ? { location: `${path}/{id}` as const } : {}),
    }),
    /** GET of one resource, with its ETag. */
    get: (path: Path, described: Described): RestRoute => ({ ...route('GET', path, described), etag: true }),
    /** GET of anything else: a list, a stream, an answer to a question. */
    list: (path: Path, described: Described): RestRoute => route('GET', path, described),
    /** PATCH, with If-Match and the ETag of what it became. */
    update: (path: Path, described: Described): RestRoute => ({ ...route('PATCH', path, described), etag: true }),
    /** PUT, with If-Match and the ETag of what it became. */
    replace: (path: Path, described: Described): RestRoute => ({ ...route('PUT', path, described), etag: true }),
    /** POST that takes one resource a step further, with If-Match and the ETag of what it became. */
    step: (path: Path, described: Described): RestRoute => ({ ...route('POST', path, described), etag: true }),
    /** POST that asks for work which goes on after the answer, 202. */
    accept: (path: Path, described: Described): RestRoute => ({ ...route('POST', path, described), status: 202 }),
    /** POST that answers with something else than a resource. */
    ask: (path: Path, described: Described): RestRoute => route('POST', path, described),
    /** POST that answers with nothing, 204. */
    tell: (path: Path, described: Described): RestRoute => ({ ...route('POST', path, described), status: 204 }),
    /** PUT of something that is never shown, 204. */
    set: (path: Path, described: Described): RestRoute => ({ ...route('PUT', path, described), status: 204 }),
    /** DELETE, 204. */
    remove: (path: Path, described: Described): RestRoute => ({ ...route('DELETE', path, described), status: 204 }),
  };
}
