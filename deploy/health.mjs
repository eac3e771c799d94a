/** Asks the process in this container how it is: `node health.mjs healthz` or `readyz`; exit code 0 or 1. */
const [path = 'healthz'] = process.argv.slice(2);
const answer = await fetch(`http://127.0.0.1:${process.env.PORT || 8090}/${path}`, {
  signal: AbortSignal.timeout(2_500),
}).catch((error) => ({ ok: false, text: async () => String(error.cause ?? error) }));
console.log(await answer.text());
process.exitCode = answer.ok ? 0 : 1;
