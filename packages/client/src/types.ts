/** Types of the SDK that are derived from what operations take and answer. */
import type { CheckAccessInput } from './generated/schemas/access.ts';
import type { VerifyApiKeyInput } from './generated/schemas/api-keys.ts';
import type { CurrentSession as Caller } from './generated/schemas/sessions.ts';

/** The demands on a key: scopes, a product, an access. */
export type KeyQuestion = Omit<VerifyApiKeyInput, 'key'>;

/** A question about access: whom it is about, a permission or a level, and a tenant or a project. */
export type AccessQuestion = CheckAccessInput;

/** A person who is signed in: the user, the session, and the token that changes need. */
export type CurrentSession = { [Part in keyof Caller]: NonNullable<Caller[Part]> };
