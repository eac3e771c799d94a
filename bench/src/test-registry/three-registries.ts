/** Creates three registries, one after the other, in a process of its own, and prints the milliseconds of each. */
const started = performance.now();
const { createTestRegistry } = await import('@tenant-registry/testing');
const imported = performance.now() - started;
const created: number[] = [];
const called: number[] = [];
for (let round = 0; round < 3; round += 1) {
  const before = performance.now();
  const registry = await createTestRegistry();
  created.push(performance.now() - before);
  const ready = performance.now();
  await registry.client.tenants.create({ slug: 'acme', name: 'Acme' });
  called.push(performance.now() - ready);
  await registry.close();
}
process.stdout.write(JSON.stringify({ imported, created, called }));
