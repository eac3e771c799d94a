/** SAML metadata → their summary. It runs in a thread: parsing takes milliseconds, which the event loop must not lose. */
import { X509Certificate } from 'node:crypto';
import { DOMParser, type Element, onWarningStopParsing } from '@xmldom/xmldom';
import type { IdpCertificate } from '../findings/schema.ts';
import type { SamlSummary } from './summary.ts';

const METADATA = 'urn:oasis:names:tc:SAML:2.0:metadata';
const SIGNATURE = 'http://www.w3.org/2000/09/xmldsig#';
const BINDINGS = ['HTTP-Redirect', 'HTTP-POST'].map((name) => `urn:oasis:names:tc:SAML:2.0:bindings:${name}`);
const CERTIFICATES_MAX = 20;

/** The content, or the sentence that says why nothing was read. */
export type SamlReading = { readonly content: Omit<SamlSummary, 'xml_sha256'> } | { readonly mistake: string };

/** Reads an EntityDescriptor whose bounds were checked. */
export function readSamlMetadata(xml: string): SamlReading {
  const root = parse(xml);
  if (root === undefined) return { mistake: 'The SAML metadata is not well-formed XML.' };
  if (root?.localName !== 'EntityDescriptor' || root.namespaceURI !== METADATA) {
    return { mistake: 'The SAML metadata is not an EntityDescriptor.' };
  }
  const [provider] = children(root, METADATA, 'IDPSSODescriptor');
  return {
    content: {
      entity_id: storable(root.getAttribute('entityID')),
      valid_until: storable(root.getAttribute('validUntil')),
      provider:
        provider === undefined
          ? null
          : { single_sign_on: locationsOf(provider), certificates: certificatesOf(provider).map(readCertificate) },
    },
  };
}

/** Returns the root element, null for a document without one, and undefined for a text that is no document. */
function parse(xml: string): Element | null | undefined {
  try {
    // Any text that makes the parser guess is refused. The parser knows no entities but the five of XML itself.
    return new DOMParser({ onError: onWarningStopParsing, locator: false }).parseFromString(xml, 'text/xml')
      .documentElement;
  } catch {
    return undefined;
  }
}

function readCertificate(base64: string): IdpCertificate | null {
  try {
    const certificate = new X509Certificate(Buffer.from(base64, 'base64'));
    const { fingerprint256, validFromDate, validToDate } = certificate;
    // Node gives undefined for an empty subject, although its types promise text.
    const subject: string | undefined = certificate.subject;
    return {
      subject: storable(subject?.replaceAll('\n', ', ') ?? ''),
      fingerprint_sha256: fingerprint256,
      not_before: validFromDate.toISOString(),
      not_after: validToDate.toISOString(),
    };
  } catch {
    return null;
  }
}

function locationsOf(provider: Element): string[] {
  return children(provider, METADATA, 'SingleSignOnService')
    .filter((service) => BINDINGS.includes(service.getAttribute('Binding') ?? ''))
    .map((service) => storable(service.getAttribute('Location') ?? ''));
}

/** A key without `use` serves both purposes (SAML 2.0 Metadata 2.4.1.1). */
function certificatesOf(provider: Element): string[] {
  return children(provider, METADATA, 'KeyDescriptor')
    .filter((key) => (key.getAttribute('use') ?? 'signing') === 'signing')
    .flatMap((key) => children(key, SIGNATURE, 'KeyInfo'))
    .flatMap((info) => children(info, SIGNATURE, 'X509Data'))
    .flatMap((data) => children(data, SIGNATURE, 'X509Certificate'))
    .slice(0, CERTIFICATES_MAX)
    .map((certificate) => certificate.textContent ?? '');
}

/** Returns direct children only: elements that are nested deeper say nothing about this provider. */
function children(parent: Element, namespace: string, name: string): Element[] {
  return [...parent.childNodes].filter(
    (node): node is Element => node.localName === name && node.namespaceURI === namespace,
  );
}

/** Takes out the characters that JSON in the database cannot hold; character references and certificates can bring them in. */
function storable<Text extends string | null>(text: Text): Text;
function storable(text: string | null): string | null {
  return text === null ? null : text.toWellFormed().replaceAll('\0', '\ufffd');
}
