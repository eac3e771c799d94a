/** Where passwords are kept: outside of the registry, where their consumers read them. */
import type { SecretReference } from '../types.ts';

export interface Secret {
  readonly data: Readonly<Record<string, string>>;
  /** The mark of who made it. */
  readonly labels: Readonly<Record<string, string>>;
}

export interface SecretStore {
  /** Resolves to the secret, all of one version; null when there is none. */
  read(namespace: string, name: string): Promise<Secret | null>;
  /** Replaces the secret as a whole: a reader sees all of the old one or all of the new one, also after a crash. */
  write(namespace: string, name: string, secret: Secret): Promise<void>;
  /** Removes the secret; one that is not there is removed already. */
  remove(namespace: string, name: string): Promise<void>;
  /** Resolves to every secret, without what is in it. */
  list(): Promise<readonly { namespace: string; name: string; labels: Secret['labels'] }[]>;
  /** Says where consumers find the secret. */
  reference(namespace: string, name: string, keys: readonly string[]): SecretReference;
}
