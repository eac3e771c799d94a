/** What a proved person is here, decided from rows alone, for sign-ins and for rehearsals. */
import type { signInUsers } from '@tenant-registry/db';
import { SignInRefusal } from './refusal.ts';

type User = signInUsers.SignInUser;

export interface Found {
  /** The user of the subject. */
  readonly known: User | undefined;
  /** The provisioned users that the claim `scim` could mean, the deleted ones last. */
  readonly unlinked: readonly User[];
  readonly jit_policy: string;
}

export type Standing =
  | { readonly kind: 'known'; readonly user: User }
  | { readonly kind: 'link'; readonly user: User }
  | { readonly kind: 'provision' };

/** Returns what a sign-in does with the person, or throws `SignInRefusal`. An e-mail address alone recognizes no user. */
export function standingOf({ known, unlinked, jit_policy }: Found): Standing {
  if (known !== undefined) return { kind: 'known', user: usable(known) };
  const [only, ...others] = unlinked.filter(({ deleted_at }) => deleted_at === null);
  if (others.length > 0) throw new SignInRefusal('account_unknown', 'scim_ambiguous');
  if (only !== undefined) return { kind: 'link', user: usable(only) };
  if (unlinked.length > 0) throw new SignInRefusal('account_unknown', 'deleted');
  if (jit_policy !== 'allow') throw new SignInRefusal('account_unknown', 'jit_policy');
  return { kind: 'provision' };
}

/** Whom the directory deleted is unknown from then on, and is not made again by a sign-in. */
function usable(user: User): User {
  if (user.deleted_at !== null) throw new SignInRefusal('account_unknown', 'deleted');
  if (user.disabled_at !== null) throw new SignInRefusal('account_disabled', 'disabled');
  return user;
}
