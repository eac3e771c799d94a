/** The summary that is kept of SAML metadata, so that no verification has to parse them again. */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { idpCertificate } from '../findings/schema.ts';

const samlSummary = z.object({
  /** Of the text that was read. */
  xml_sha256: z.string(),
  entity_id: z.string().nullable(),
  /** As written; after it the metadata must not be used (SAML 2.0 Metadata 2.3.2). */
  valid_until: z.string().nullable(),
  /** Null when the metadata describes no identity provider. */
  provider: z
    .object({
      /** The addresses at which people sign in, by HTTP-Redirect or HTTP-POST. */
      single_sign_on: z.array(z.string()),
      /** The certificates that the provider signs with; null stands for one that cannot be read. */
      certificates: z.array(idpCertificate.nullable()),
    })
    .nullable(),
});
export type SamlSummary = z.infer<typeof samlSummary>;

/** Returns the digest by which a summary is known to be of this text. */
export function digestOf(xml: string): string {
  return createHash('sha256').update(xml).digest('hex');
}

/** Returns the stored summary when it is of this text and has today's shape. */
export function summaryOf(stored: unknown, xml: string): SamlSummary | undefined {
  const { data } = samlSummary.safeParse(stored);
  return data?.xml_sha256 === digestOf(xml) ? data : undefined;
}
