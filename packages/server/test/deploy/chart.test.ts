// engine: none
/** deploy/helm: what the chart renders, by Helm, held against the schemas of Kubernetes, by kubeconform. */
import { describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { CASES, chart, conform, hasGo, helm, manifests } from '../../../../deploy/lanes/chart.ts';

interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly spec: Readonly<Record<string, unknown>>;
}

const rendered = (...args: string[]): Manifest[] =>
  parseAllDocuments(manifests(args))
    .map((document) => document.toJS())
    .filter((each) => each !== null);
const ofKind = (all: readonly Manifest[], kind: string) => all.find((each) => each.kind === kind);

test.runIf(process.env['CI'] !== undefined)('Go is installed where the suite must run in full', () => {
  expect(hasGo()).toBe(true);
});

describe.skipIf(!hasGo())('the chart (skipped where Go is not installed)', () => {
  test.each(Object.entries(CASES))('is without a mistake, and Kubernetes knows every field: %s', (_, args) => {
    expect(helm('lint', '--strict', chart, ...args)).toContain('0 chart(s) failed');
    expect(conform(manifests(args))).toContain('Invalid: 0, Errors: 0');
  });

  test('a field that Kubernetes does not know is found', () => {
    expect(() => conform(manifests([]).replace('preStop:', 'preStopp:'))).toThrow("'preStopp' not allowed");
  });

  test('nobody reaches the internal port until somebody is named', () => {
    const rules = (...args: string[]) => ofKind(rendered(...args), 'NetworkPolicy')?.spec['ingress'];
    expect(rules()).toEqual([{ ports: [{ port: 'public', protocol: 'TCP' }] }]);
    expect(rules(...CASES.everything)).toMatchObject([{}, { ports: [{ port: 'internal' }], from: [{}, {}] }]);
  });

  test('a pod has as long to end as its drain and what comes before it take', () => {
    const slow = ['--set', 'shutdownTimeoutMs=61500', '--set', 'preStopSeconds=7'];
    const template = { spec: { terminationGracePeriodSeconds: 7 + 62 + 5 } };
    expect(ofKind(rendered(...slow), 'Deployment')?.spec).toMatchObject({ template });
  });

  test('replicas are either told or scaled', () => {
    const scaled = rendered('--set', 'autoscaling.enabled=true');
    expect(ofKind(scaled, 'Deployment')?.spec).not.toHaveProperty('replicas');
    expect(ofKind(scaled, 'HorizontalPodAutoscaler')?.spec).toMatchObject({ minReplicas: 2 });
    expect(ofKind(rendered(), 'HorizontalPodAutoscaler')).toBeUndefined();
  });

  test.each(['OPERATOR_TOKEN', 'DATABASE_URL', 'SECRETS_KEY', 'PORT', 'lower_case'])(
    'values that set %s as plain configuration are refused',
    (name) => {
      expect(() => manifests(['--set', `config.${name}=x`])).toThrow(name);
    },
  );
});
