/** Errors of etcd in the words of an operator. */
import { safeMessage } from '@tenant-registry/db';
import { EtcdError, type EtcdErrorKind } from '@tenant-registry/etcd';

const WORDS: Readonly<Record<EtcdErrorKind, string>> = {
  unavailable:
    'etcd does not answer: look whether a majority of its members runs, whether ETCD_ENDPOINTS leads to them, and whether ETCD_CA_FILE is the authority of their certificates',
  unknown_outcome: 'etcd did not answer in time, so it is not known whether the last step was done: repeat the command',
  no_space: 'etcd has no space left: see "When etcd is full" in docs/operations.md, then repeat the command',
  compacted: 'etcd has forgotten the state that was read, because it took too long: repeat the command',
  too_large:
    'etcd does not take so much at once: is --max-request-bytes or --max-txn-ops of its members below the default?',
  unauthenticated:
    'etcd does not know the user: look at ETCD_USERNAME, ETCD_PASSWORD_FILE, ETCD_CERT_FILE and ETCD_KEY_FILE',
  permission_denied: 'etcd does not let the user read and write under ETCD_PREFIX: grant its role that prefix',
  internal: 'etcd answers something that this program does not understand: are all members etcd 3.4 or later?',
};

/** Returns what happened and what to do. Other errors than those of etcd have their own message. */
export function plainly(error: unknown): string {
  return error instanceof EtcdError ? WORDS[error.kind] : safeMessage(error);
}
