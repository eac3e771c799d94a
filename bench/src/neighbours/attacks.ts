/** The five ways in which one tenant, inside its limits, takes the service from the others. */
import type { Assault } from './assault.ts';
import { assaultByExports } from './attacks/exports.ts';
import { assaultByHashes } from './attacks/hashes.ts';
import { assaultByMetadata } from './attacks/metadata.ts';
import { assaultByNames } from './attacks/names.ts';
import { assaultByPages } from './attacks/pages.ts';
import type { Hand } from './hand.ts';
import type { AttackName } from './orders.ts';

interface Attack {
  readonly title: string;
  prepare(hand: Hand): Promise<Assault>;
}

export const attacks: Readonly<Record<AttackName, Attack>> = {
  F1: { title: 'exports that are read slowly or not at all', prepare: assaultByExports },
  F2: { title: 'names whose resolver never answers', prepare: assaultByNames },
  F3: { title: 'API keys by the hundred, each an argon2id', prepare: assaultByHashes },
  F4: { title: 'SAML metadata that is slow to parse', prepare: assaultByMetadata },
  F5: { title: 'pages and exports of large rows', prepare: assaultByPages },
};
