// Each server of a bench preloads this file, which ends the server when the bench ends, even by SIGKILL.
process.stdin.once('end', () => {
  process.kill(process.pid, 'SIGTERM');
  setTimeout(() => process.exit(1), 5_000).unref();
});
process.stdin.resume();
