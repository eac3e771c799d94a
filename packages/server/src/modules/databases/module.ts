/** Managed databases: ordered by a team, made, kept as ordered, taken away. */
import { defineModule } from '../../kernel/module.ts';
import { databaseSettings } from './environment.ts';
import { databaseErrors } from './errors.ts';
import { databasesPermissions } from './permissions.ts';
import type { DatabasesConfig, DatabaseWorld } from './port.ts';
import { createReconcilerMetrics } from './reconciler/metrics.ts';
import { reconcileWorker } from './reconciler/reconcile.worker.ts';
import { createReconciler, type DatabaseReconciler } from './reconciler/reconciler.ts';
import { reportWorker } from './reconciler/report.worker.ts';
import { databasesRouter } from './router.ts';
import { databaseEvents } from './schema.ts';
import { createDatabaseWorld } from './world.ts';

declare module '../../kernel/context.ts' {
  interface Ports {
    /** Keeps databases as they were ordered. */
    readonly databaseReconciler: DatabaseReconciler;
  }
}

interface Configured {
  readonly databases: DatabasesConfig;
  readonly databasesWhenFrozen: DatabaseWorld['whenFrozen'];
}

export const databasesModule = defineModule({
  router: databasesRouter,
  tag: { name: 'Databases', description: 'PostgreSQL databases, ordered by a team and kept as they were ordered.' },
  errors: databaseErrors,
  events: databaseEvents,
  permissions: databasesPermissions,
  settings: databaseSettings,
  holdings: { databases: 'databases' },
  workers: [reconcileWorker, reportWorker],
  provide({ db, clock, signals, metrics }, { databases, databasesWhenFrozen }: Configured) {
    const databaseWorld = createDatabaseWorld(databases, databasesWhenFrozen);
    const provisioners = [...databaseWorld.provisioners.keys()];
    const metricsOf = (running: () => number) => createReconcilerMetrics(metrics, { running, provisioners });
    return { databaseWorld, databaseReconciler: createReconciler({ db, clock, signals, metrics: metricsOf }) };
  },
  // Its passes would keep the app from closing; their leases are given back when the workers have stopped.
  close: ({ databaseReconciler }) => void databaseReconciler.close(),
});
