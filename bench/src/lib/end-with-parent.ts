// Preloaded into every server of a bench: ends it when the bench is gone, however that went (even by SIGKILL).
process.stdin.once('end', () => {
  process.kill(process.pid, 'SIGTERM');
  setTimeout(() => process.exit(1), 5_000).unref();
});
process.stdin.resume();
