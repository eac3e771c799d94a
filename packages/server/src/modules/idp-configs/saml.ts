/** SAML metadata of an identity provider: read, and judged from facts alone. Nothing is fetched. */
import { X509Certificate } from 'node:crypto';
import { DOMParser, type Element, onWarningStopParsing } from '@xmldom/xmldom';
import { idpConfigErrors } from './errors.ts';
import type { Finding, FindingCode, IdpCertificate } from './schema.ts';

const METADATA = 'urn:oasis:names:tc:SAML:2.0:metadata';
const SIGNATURE = 'http://www.w3.org/2000/09/xmldsig#';
const BINDINGS = ['HTTP-Redirect', 'HTTP-POST'].map((name) => `urn:oasis:names:tc:SAML:2.0:bindings:${name}`);
const CERTIFICATES_MAX = 20;
const SOON_MS = 30 * 86_400_000;

export interface SamlMetadata {
  readonly entityId: string | null;
  /** As written; after it the metadata must not be used (SAML 2.0 Metadata 2.3.2). */
  readonly validUntil: string | null;
  /** Null when the metadata describes no identity provider. */
  readonly provider: { readonly singleSignOn: readonly string[]; readonly certificates: readonly string[] } | null;
}

/**
 * Reads an EntityDescriptor. Throws `metadata_invalid` for what is no well-formed XML, or has a DTD: no metadata needs
 * one, and the entities that it could declare are how a small document becomes a huge one or reads files.
 */
export function readSamlMetadata(xml: string): SamlMetadata {
  if (/<!(DOCTYPE|ENTITY)/i.test(xml))
    throw invalid('The SAML metadata has a document type declaration, which is refused.');
  const root = parse(xml);
  if (root?.localName !== 'EntityDescriptor' || root.namespaceURI !== METADATA) {
    throw invalid('The SAML metadata is not an EntityDescriptor.');
  }
  const [provider] = children(root, METADATA, 'IDPSSODescriptor');
  return {
    entityId: root.getAttribute('entityID'),
    validUntil: root.getAttribute('validUntil'),
    provider:
      provider === undefined ? null : { singleSignOn: locationsOf(provider), certificates: certificatesOf(provider) },
  };
}

/** What a sign-in with this metadata would run into at that moment. */
export function judgeSamlMetadata(
  { entityId, validUntil, provider }: SamlMetadata,
  { issuer, now, acceptsScheme }: { issuer: string; now: Date; acceptsScheme: (url: URL) => boolean },
): { findings: Finding[]; certificates: IdpCertificate[] } {
  const findings: Finding[] = [];
  if (entityId !== issuer)
    findings.push(
      error('entity_id_mismatch', 'The metadata has another entityID than the issuer of this configuration.'),
    );
  if (validUntil !== null && !(new Date(validUntil) > now))
    findings.push(error('metadata_expired', `The metadata was valid until ${validUntil.slice(0, 40)}.`));
  if (provider === null)
    return {
      findings: [
        ...findings,
        error('no_idp_descriptor', 'The metadata describes no identity provider (IDPSSODescriptor).'),
      ],
      certificates: [],
    };
  findings.push(...judgeLocations(provider.singleSignOn, acceptsScheme));
  if (findings.length === 0)
    findings.push({
      severity: 'info',
      code: 'metadata_checked',
      message: 'The metadata names this issuer and where to sign in.',
    });
  const { findings: ofCertificates, certificates } = judgeCertificates(provider.certificates, now);
  return { findings: [...findings, ...ofCertificates], certificates };
}

function parse(xml: string): Element | null {
  try {
    // Anything that the parser would have to guess is refused. It knows no entities but the five of XML itself.
    return new DOMParser({ onError: onWarningStopParsing, locator: false }).parseFromString(xml, 'text/xml')
      .documentElement;
  } catch {
    throw invalid('The SAML metadata is not well-formed XML.');
  }
}

function judgeLocations(locations: readonly string[], acceptsScheme: (url: URL) => boolean): Finding[] {
  if (locations.length === 0) {
    return [error('no_sso_service', 'The metadata has no SingleSignOnService for HTTP-Redirect or HTTP-POST.')];
  }
  const secure = locations.every((location) => URL.canParse(location) && acceptsScheme(new URL(location)));
  return secure ? [] : [error('endpoint_insecure', 'A SingleSignOnService is not at an https URL.')];
}

/** While a provider changes its certificate it publishes both: an old one does no harm as long as another one is good. */
function judgeCertificates(
  texts: readonly string[],
  now: Date,
): { findings: Finding[]; certificates: IdpCertificate[] } {
  if (texts.length === 0) {
    return { findings: [error('no_certificate', 'The metadata has no signing certificate.')], certificates: [] };
  }
  const read = texts.slice(0, CERTIFICATES_MAX).map(readCertificate);
  const certificates = read.filter((certificate) => certificate !== null);
  const findings = read.flatMap((certificate) => judgeCertificate(certificate, now));
  const isGood = ({ not_before, not_after }: IdpCertificate) =>
    new Date(not_before) <= now && now < new Date(not_after);
  const good = certificates.filter(isGood).length;
  if (good === 0) return { findings, certificates };
  const message = `The metadata has ${good} valid signing certificate${good === 1 ? '' : 's'}.`;
  const harmless = findings.map((finding) => ({ ...finding, severity: 'warning' as const }));
  return { findings: [{ severity: 'info', code: 'certificates_checked', message }, ...harmless], certificates };
}

function judgeCertificate(certificate: IdpCertificate | null, now: Date): Finding[] {
  if (certificate === null) return [error('certificate_invalid', 'A signing certificate cannot be read.')];
  const { not_before, not_after } = certificate;
  const subject = certificate.subject.slice(0, 200);
  if (now < new Date(not_before))
    return [error('certificate_not_yet_valid', `The certificate ${subject} is valid only from ${not_before}.`)];
  const leftMs = new Date(not_after).getTime() - now.getTime();
  if (leftMs <= 0) return [error('certificate_expired', `The certificate ${subject} expired at ${not_after}.`)];
  return leftMs < SOON_MS
    ? [error('certificate_expires_soon', `The certificate ${subject} expires at ${not_after}.`)]
    : [];
}

function readCertificate(base64: string): IdpCertificate | null {
  try {
    const certificate = new X509Certificate(Buffer.from(base64, 'base64'));
    const { fingerprint256, validFromDate, validToDate } = certificate;
    // Node gives undefined for an empty subject, although its types promise text.
    const subject: string | undefined = certificate.subject;
    return {
      subject: subject?.replaceAll('\n', ', ') ?? '',
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
    .map((service) => service.getAttribute('Location') ?? '');
}

/** A key without `use` serves both purposes (SAML 2.0 Metadata 2.4.1.1). */
function certificatesOf(provider: Element): string[] {
  return children(provider, METADATA, 'KeyDescriptor')
    .filter((key) => (key.getAttribute('use') ?? 'signing') === 'signing')
    .flatMap((key) => children(key, SIGNATURE, 'KeyInfo'))
    .flatMap((info) => children(info, SIGNATURE, 'X509Data'))
    .flatMap((data) => children(data, SIGNATURE, 'X509Certificate'))
    .map((certificate) => certificate.textContent ?? '');
}

/** Direct children only: what is nested elsewhere says nothing about this provider, and depth costs nothing. */
function children(parent: Element, namespace: string, name: string): Element[] {
  return [...parent.childNodes].filter(
    (node): node is Element => node.localName === name && node.namespaceURI === namespace,
  );
}

function invalid(detail: string) {
  return idpConfigErrors.metadataInvalid({ detail });
}

function error(code: FindingCode, message: string): Finding {
  return { severity: 'error', code, message };
}
