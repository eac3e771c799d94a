/** Reads the whole schema from the catalogue of the database. */
import { sql } from 'kysely';
import type { Db } from '../src/handles.ts';

/**
 * Resolves to one line per object: table, column, constraint, index, trigger, function, type, sequence, view, policy,
 * extension and schema, in full, without the migrations' own bookkeeping. Two databases with equal lists are equal to
 * every statement.
 */
export async function catalogue(db: Db): Promise<string[]> {
  const { rows } = await sql<{ line: string }>`
    with relation as (
      select * from pg_class
      where relnamespace = 'public'::regnamespace and relkind in ('r', 'p', 'v', 'm', 'S', 'f', 'c')
        and relname !~ '^kysely_migration'
    ), ours as (
      select oid from pg_type where typnamespace = 'public'::regnamespace
    ), borrowed as (
      select objid from pg_depend where deptype = 'e'
    )
    select format('%s %s rls=%s/%s acl=%s', case relkind when 'r' then 'table' else relkind::text || '-relation' end,
      relname, relrowsecurity, relforcerowsecurity, coalesce(relacl, acldefault('r', relowner))) as line from relation
    union all
    select format('view %s as %s', relname, pg_get_viewdef(oid)) from relation where relkind in ('v', 'm')
    union all
    select format('column %s.%s %s%s%s%s%s', relname, attname, format_type(atttypid, atttypmod),
      case when attnotnull then ' not null' end, ' default ' || pg_get_expr(adbin, adrelid),
      nullif(' generated ' || attidentity::text || attgenerated::text, ' generated '), ' acl=' || attacl::text)
    from pg_attribute join relation on relation.oid = attrelid left join pg_attrdef on adrelid = attrelid and adnum = attnum
    where attnum > 0 and not attisdropped
    union all
    -- Since PostgreSQL 18 a "not null" is a constraint too: the column has told of it.
    select format('constraint %s on %s %s', conname, conrelid::regclass, pg_get_constraintdef(pg_constraint.oid))
    from pg_constraint where connamespace = 'public'::regnamespace and contype <> 'n'
      and conrelid::regclass::text !~ '^kysely_migration'
    union all
    select format('index %s %s', indexname, indexdef) from pg_indexes
    where schemaname = 'public' and tablename !~ '^kysely_migration'
    union all
    select format('trigger %s %s %s', tgname, tgenabled, pg_get_triggerdef(pg_trigger.oid))
    from pg_trigger join relation on relation.oid = tgrelid where not tgisinternal
    union all
    select format('policy %s on %s %s', policyname, tablename, (to_jsonb(pg_policies) - 'policyname' - 'tablename')::text)
    from pg_policies where schemaname = 'public'
    union all
    select format('function %s', pg_get_functiondef(oid))
    from pg_proc where pronamespace = 'public'::regnamespace and prokind in ('f', 'p') and oid not in (select objid from borrowed)
    union all
    select format('enum %s (%s)', typname, string_agg(enumlabel, ', ' order by enumsortorder))
    from pg_enum join pg_type on pg_type.oid = enumtypid where enumtypid in (select oid from ours) group by typname
    union all
    select format('domain %s %s%s', typname, format_type(typbasetype, typtypmod), case when typnotnull then ' not null' end)
    from pg_type where oid in (select oid from ours) and typtype = 'd' and oid not in (select objid from borrowed)
    union all
    select format('extension %s', extname) from pg_extension where extname <> 'plpgsql'
    union all
    select format('schema %s', nspname) from pg_namespace
    where nspname not in ('public', 'information_schema') and nspname !~ '^pg_'
    order by line`.execute(db);
  return rows.map(({ line }) => line);
}

/** Returns the objects of one kind in a catalogue, without the name of the kind. */
export function ofKind(lines: readonly string[], kind: string): string[] {
  return lines.filter((line) => line.startsWith(`${kind} `)).map((line) => line.slice(kind.length + 1));
}
