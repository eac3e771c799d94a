/** A process of its own that makes three registries, one after the other, and prints how many milliseconds each took. */
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
