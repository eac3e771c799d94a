/**
 * The lane of the chart: `node scripts/run.mjs node deploy/lanes/chart.ts`. Lints it, renders it, and compares what comes
 * out with the schemas of Kubernetes. Its tools are built with Go, once, into a cache. Skipped by name where Go is absent.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { kubernetesSchemas } from './kubernetes-schemas.ts';

interface Tool {
  readonly name: string;
  /** Of Go, with its version. */
  readonly program: string;
}
const HELM: Tool = { name: 'helm', program: 'helm.sh/helm/v3/cmd/helm@v3.22.0' };
const KUBECONFORM: Tool = { name: 'kubeconform', program: 'github.com/yannh/kubeconform/cmd/kubeconform@v0.8.0' };
export const chart = fileURLToPath(new URL('../helm/tenant-registry', import.meta.url));
/** What `helm` is given for the defaults, and for everything on. */
export const CASES: Readonly<Record<'defaults' | 'everything', readonly string[]>> = {
  defaults: [],
  everything: ['-f', join(chart, 'ci/all-values.yaml')],
};

const cache = join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'tenant-registry');

/** Whether Go can build the tools. */
export function hasGo(): boolean {
  return spawnSync('go', ['version']).status === 0;
}

/** Runs helm; throws what it says. */
export function helm(...args: readonly string[]): string {
  return run(HELM, args);
}

/** Returns the manifests that these arguments of `helm template` give. */
export function manifests(args: readonly string[]): string {
  return helm('template', 'registry', chart, '--namespace', 'registry', '--kube-version', '1.34.0', ...args);
}

/** Returns what kubeconform says of the manifests; throws where one is not as Kubernetes wants it. */
export function conform(text: string): string {
  const schemas = join(kubernetesSchemas(join(cache, 'kubernetes-schemas')), '{{.ResourceKind}}{{.KindSuffix}}.json');
  return run(
    KUBECONFORM,
    ['-strict', '-summary', '-skip', 'ServiceMonitor,PrometheusRule', '-schema-location', schemas],
    text,
  );
}

function run({ name, program }: Tool, args: readonly string[], input?: string): string {
  const { status, stdout, stderr } = spawnSync(toolOf(name, program), args, { input, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${name} ${args.join(' ')}\n${stdout}${stderr}`);
  return stdout;
}

/** Returns the path of the tool, which is built where it is missing: a minute or two. */
function toolOf(name: string, program: string): string {
  const folder = join(cache, program.replace(/.*@/, `${name}-`));
  const file = join(folder, name);
  if (existsSync(file)) return file;
  mkdirSync(folder, { recursive: true });
  const env = { ...process.env, GOBIN: folder, GOFLAGS: `${process.env['GOFLAGS'] ?? ''} -p=1`.trim() };
  execFileSync('go', ['install', program], { cwd: tmpdir(), env, stdio: 'pipe' });
  return file;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (hasGo()) {
    for (const args of Object.values(CASES)) {
      console.log(helm('lint', '--strict', chart, ...args).trim());
      console.log(conform(manifests(args)).trim());
    }
  } else {
    console.log('skipped: chart (Go is not installed)');
  }
}
