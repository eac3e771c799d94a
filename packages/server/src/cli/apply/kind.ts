/** What a kind of declared thing is: its shape in a file, and how the registry reads, makes, changes and removes it. */
import type { z } from 'zod';
import type { Scope } from './scope.ts';
import type { Existing, Fields, Wanted } from './things.ts';

export interface Kind {
  /** As it is called in what is printed: `project`. */
  readonly noun: string;
  /** As a document of its own: `Project`. */
  readonly document: string;
  /** The member of what it lies in: `projects`. */
  readonly member: string;
  /** What it lies in, beside the tenant. */
  readonly within?: 'project' | 'group';
  /** `one`: the member holds it, and no list. `text`: the list holds texts, each the field `textField`. */
  readonly form?: 'one' | 'text';
  readonly textField?: string;
  /** The fields, without the tenant and without `within`. */
  readonly shape: z.ZodType<Fields>;
  readonly fieldNames: readonly string[];
  /** Fields that never change. */
  readonly fixed: readonly string[];
  keyOf(fields: Fields): string;
  /** Resolves to those inside the parents; without `within` the parents mean nothing. */
  read(scope: Scope, parents: readonly string[]): Promise<Existing[]>;
  /** Resolves to what there is now: what it lacks of what is wanted is changed afterwards. */
  create(scope: Scope, wanted: Wanted): Promise<Existing>;
  /** `changed` names at least one field. */
  update(scope: Scope, existing: Existing, wanted: Wanted, changed: readonly string[]): Promise<void>;
  /** The word for its removal, and null when a file never removes it. */
  readonly removal: string | null;
  remove(scope: Scope, existing: Existing): Promise<void>;
  /** Names of things that it needs: those of the file, or those that the registry has. */
  references(fields: Fields): readonly Reference[];
  /** What of it can go to another registry; absent: all. */
  portable?(fields: Fields, note: (text: string) => void): Fields | null;
}

export interface Reference {
  readonly noun: string;
  readonly key: string;
}
