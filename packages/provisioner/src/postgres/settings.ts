/** The settings of a database: who may come in, how many at once, and its parameters. */
import { managedDatabases, managedRoles, type Tx } from '@tenant-registry/db';
import { settingsOf } from './mark.ts';
import { ownerMark, type Pass, type State } from './state.ts';

interface Change {
  readonly what: string;
  /** Nothing was wished anew, so it had changed by itself. */
  readonly drift: boolean;
  apply(tx: Tx): Promise<void>;
}

/** Brings all settings to what is wanted, in one transaction. Returns the names of the parameters that are set. */
export async function ensureSettings(pass: Pass, state: State): Promise<readonly string[]> {
  const parameters = Object.keys(pass.desired.spec.parameters).sort();
  const changes = [...doors(pass, state), ...loginLimits(pass, state), ...parameterChanges(pass, state)];
  if (changes.length === 0) return parameters;
  for (const { what, drift } of changes) if (drift) pass.repaired(what);
  await pass.db.transaction().execute(async (tx) => {
    for (const { apply } of changes) await apply(tx);
    // What is set is known as ours from now on, whatever becomes of the rest of this pass.
    const comment = ownerMark(pass, { ...state.left, parameters });
    await managedRoles.commentRole(tx, { name: pass.names.database, comment });
  });
  return parameters;
}

function doors({ desired: { spec }, names }: Pass, { database, left }: State): Change[] {
  const name = names.database;
  const isAsBefore = left.applied === settingsOf(spec);
  const changes: Change[] = [];
  if (database?.is_public !== false)
    changes.push({
      what: 'rights of public',
      drift: left.want !== null,
      apply: (tx) => managedDatabases.revokePublic(tx, name),
    });
  if (database?.connection_limit !== spec.connections)
    changes.push({
      what: 'connection limit',
      drift: isAsBefore,
      apply: (tx) => managedDatabases.limitConnections(tx, { name, limit: spec.connections }),
    });
  if (database?.allow_connections !== true)
    changes.push({
      what: 'allow_connections',
      drift: left.want === 'running',
      apply: (tx) => managedDatabases.allowConnections(tx, { name, allow: true }),
    });
  return changes;
}

/** Without it a login could take all places of the server in a database that lets every role in. */
function loginLimits({ desired: { spec } }: Pass, { logins, left }: State): Change[] {
  return Object.entries(logins).flatMap(([slot, role]) => {
    if (role === undefined || role.connection_limit === spec.connections) return [];
    return {
      what: `connection limit of login ${slot}`,
      drift: left.applied === settingsOf(spec),
      apply: (tx: Tx) => managedRoles.limitLogin(tx, { name: role.name, limit: spec.connections }),
    };
  });
}

function parameterChanges({ desired: { spec }, names }: Pass, { database, left }: State): Change[] {
  const settings = database?.settings ?? [];
  const isAsBefore = left.applied === settingsOf(spec);
  const wrong = Object.entries(spec.parameters).filter(
    ([name, value]) => !managedDatabases.isSetTo({ name, value }, settings),
  );
  const gone = left.parameters.filter((name) => !(name in spec.parameters));
  return [
    ...wrong.map(([name, value]) => ({
      what: `parameter ${name}`,
      drift: isAsBefore,
      apply: (tx: Tx) => managedDatabases.setParameter(tx, names.database, { name, value }),
    })),
    ...gone.map((name) => ({
      what: `parameter ${name}`,
      drift: false,
      apply: (tx: Tx) => managedDatabases.resetParameter(tx, names.database, name),
    })),
  ];
}
