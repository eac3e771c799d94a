/** Three replicas on three nodes of PostgreSQL lose what can be lost, under load; exits with 1 when a demand is missed. */
import { cpSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { PATRONI } from './ha/cluster.ts';
import { runControl } from './ha/control.ts';
import { runCutOff } from './ha/cut-off.ts';
import { losses, runLoss } from './ha/failover.ts';
import { type Finding, isMet, lineOf } from './ha/findings.ts';
import { LEASE_MS, replicaProgram } from './ha/fleet.ts';
import { runRolling } from './ha/rolling.ts';
import { installTools } from './ha/tools.ts';
import { createWorld, type World } from './ha/world.ts';
import { readOptions } from './lib/options.ts';
import { writeResults } from './lib/report.ts';
import { runBench } from './lib/run-bench.ts';
import { sectionsIn } from './lib/sections.ts';

const LIMIT_MS = 1_500_000;

const scenarios: Readonly<Record<string, (world: World) => Promise<Finding[]>>> = {
  rolling: runRolling,
  ...Object.fromEntries(Object.entries(losses).map(([name, loss]) => [name, (world: World) => runLoss(world, loss)])),
  cut: runCutOff,
  control: runControl,
};
const names = Object.keys(scenarios);

const USAGE = `node bench/src/ha.ts [options]

Three nodes of PostgreSQL under Patroni with three members of etcd, HAProxy before them, three replicas of the registry,
and HAProxy before these: on this machine, under the load of programs with the SDK. Replicas are restarted, the primary is
killed, changed, orphaned and stopped, and a replica is cut off from the database. The control loses what it must. Needs Debian's packages haproxy,
etcd-server and python3-venv; Patroni and PostgreSQL come from PyPI. Linux alone.
Exit codes: 0 every demand is met, 1 one is missed or the run failed, 2 usage.`;

await runBench(LIMIT_MS, async (stack) => {
  const given = readOptions(USAGE, {
    only: { help: 'scenarios, separated by commas', fallback: names.join(',') },
    logs: { help: 'a folder for the logs of all programs', fallback: '' },
  });
  const only = sectionsIn(given.only, names);
  const progress = (line: string): void => void process.stderr.write(`${line}\n`);
  const tools = await installTools(stack, progress);
  if (given.logs !== '') stack.defer(() => keepLogs(tools.directory, given.logs));
  const world = await createWorld(tools, { stack, progress });
  const findings: Finding[] = [];
  for (const name of only) {
    const found = (await scenarios[name]?.(world)) ?? [];
    for (const finding of found) process.stdout.write(`${lineOf(finding)}\n`);
    findings.push(...found);
  }
  const missed = findings.filter((finding) => !isMet(finding));
  if (only.length === names.length) {
    const settings = { replica: replicaProgram().name, lease_ms: LEASE_MS, patroni: PATRONI };
    const file = await writeResults('ha', { settings, versions: tools.versions, findings });
    process.stdout.write(`results: ${file}\n`);
  }
  if (missed.length > 0) throw new Error(`${missed.length} demands are missed`);
  process.stdout.write('every demand is met\n');
});

function keepLogs(from: string, to: string): void {
  mkdirSync(to, { recursive: true });
  for (const name of readdirSync(from)) if (name.endsWith('.log')) cpSync(join(from, name), join(to, name));
}
