/** The decision whether the sender of a request may do what the request is for. */
import type { Access } from '../access.ts';
import { isRegistryError } from '../errors.ts';
import type { AccessQuestion } from '../types.ts';
import { type Refusal, refusalOf, unavailable } from './refusal.ts';
import { principalOf } from './request.ts';

/** The demand on the sender of a request: a permission on what the request reaches for. */
export interface AccessRequirement<Request> {
  /** A permission of the registry such as `projects:read`, or a level in the project such as `project:editor`. */
  readonly permission: string;
  /** Returns the project or the tenant that the request reaches for. */
  readonly resource: (request: Request) => AccessQuestion['resource'] | Promise<AccessQuestion['resource']>;
  /** Called with the reason for each answer 503, for the log. */
  readonly onError?: ((error: unknown) => void) | undefined;
}

/**
 * Resolves to undefined for a request whose sender holds the permission, or to the answer that refuses the request.
 * Rejects for an invalid permission, for a request without an accepted credential, and with the error of `resource`.
 */
export async function admitAccess<Request extends object>(
  access: Pick<Access, 'check'>,
  { permission, resource: resourceOf, onError }: AccessRequirement<Request>,
  request: Request,
): Promise<Refusal | undefined> {
  const principal = principalOf(request);
  const resource = await resourceOf(request);
  try {
    const { allowed } = await access.check({ principal, permission, resource });
    return allowed ? undefined : forbidden(permission);
  } catch (error) {
    if (isNoId(error)) return forbidden(permission);
    // The developer has to see this mistake. As a RegistryError with status 400, frameworks would blame the caller.
    if (isRegistryError(error, 'invalid_input')) throw new Error('The permission is not valid.', { cause: error });
    onError?.(error);
    return unavailable(error, 'The permission cannot be checked at the moment: try again.');
  }
}

/**
 * Tells whether the resource's id alone is wrong. It may come from an address that the caller chose, and is refused like
 * that of a resource which does not exist.
 */
function isNoId(error: unknown): boolean {
  if (!isRegistryError(error, 'invalid_input')) return false;
  const fields = error.problem?.errors ?? [];
  return fields.length > 0 && fields.every(({ pointer }) => pointer.endsWith('/resource/id'));
}

function forbidden(permission: string): Refusal {
  const detail = `This needs the permission ${permission}.`;
  return refusalOf(403, { code: 'forbidden', detail, members: { permission } });
}
