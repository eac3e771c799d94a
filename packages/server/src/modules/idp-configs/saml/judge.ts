/** The summary of SAML metadata, judged by facts alone. Nothing is fetched or parsed. */
import type { Finding, FindingCode, IdpCertificate } from '../findings/schema.ts';
import type { SamlSummary } from './summary.ts';

const SOON_MS = 30 * 86_400_000;

interface Facts {
  readonly issuer: string;
  readonly now: Date;
  readonly acceptsScheme: (url: URL) => boolean;
}

export interface SamlJudgement {
  readonly findings: Finding[];
  readonly certificates: IdpCertificate[];
}

/** Returns the findings for a sign-in with this metadata at that moment. */
export function judgeSamlMetadata({ entity_id, valid_until, provider }: SamlSummary, facts: Facts): SamlJudgement {
  const { issuer, now, acceptsScheme } = facts;
  const findings: Finding[] = [];
  if (entity_id !== issuer) {
    findings.push(
      error('entity_id_mismatch', 'The metadata has another entityID than the issuer of this configuration.'),
    );
  }
  if (valid_until !== null && !(new Date(valid_until) > now)) {
    findings.push(error('metadata_expired', `The metadata was valid until ${valid_until.slice(0, 40)}.`));
  }
  if (provider === null) {
    const missing = error('no_idp_descriptor', 'The metadata describes no identity provider (IDPSSODescriptor).');
    return { findings: [...findings, missing], certificates: [] };
  }
  findings.push(...judgeLocations(provider.single_sign_on, acceptsScheme));
  if (findings.length === 0) {
    findings.push(info('metadata_checked', 'The metadata names this issuer and where to sign in.'));
  }
  const ofCertificates = judgeCertificates(provider.certificates, now);
  return { findings: [...findings, ...ofCertificates.findings], certificates: ofCertificates.certificates };
}

function judgeLocations(locations: readonly string[], acceptsScheme: (url: URL) => boolean): Finding[] {
  if (locations.length === 0) {
    return [error('no_sso_service', 'The metadata has no SingleSignOnService for HTTP-Redirect or HTTP-POST.')];
  }
  const secure = locations.every((location) => URL.canParse(location) && acceptsScheme(new URL(location)));
  return secure ? [] : [error('endpoint_insecure', 'A SingleSignOnService is not at an https URL.')];
}

/** While a provider changes its certificate it publishes both: an old one does no harm as long as another one is good. */
function judgeCertificates(read: readonly (IdpCertificate | null)[], now: Date): SamlJudgement {
  if (read.length === 0) {
    return { findings: [error('no_certificate', 'The metadata has no signing certificate.')], certificates: [] };
  }
  const certificates = read.filter((certificate) => certificate !== null);
  const findings = read.flatMap((certificate) => judgeCertificate(certificate, now));
  const isGood = ({ not_before, not_after }: IdpCertificate) =>
    new Date(not_before) <= now && now < new Date(not_after);
  const good = certificates.filter(isGood).length;
  if (good === 0) return { findings, certificates };
  const message = `The metadata has ${good} valid signing certificate${good === 1 ? '' : 's'}.`;
  const harmless = findings.map((finding) => ({ ...finding, severity: 'warning' as const }));
  return { findings: [info('certificates_checked', message), ...harmless], certificates };
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

function error(code: FindingCode, message: string): Finding {
  return { severity: 'error', code, message };
}

function info(code: FindingCode, message: string): Finding {
  return { severity: 'info', code, message };
}
