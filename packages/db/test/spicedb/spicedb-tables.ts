/**
 * Statements of the kinds that SpiceDB runs on PostgreSQL: tables whose rows live between two transactions, read by
 * snapshots, with indexes that are built without a lock.
 */
export const migrationsLikeSpicedb: readonly string[] = [
  'create table version_like (version_num varchar not null)',
  "insert into version_like values ('initial')",
  `create table transaction_like (
    id bigserial not null, xid xid8 not null default pg_current_xact_id(),
    snapshot pg_snapshot not null default pg_current_snapshot(),
    timestamp timestamp without time zone not null default (now() at time zone 'utc'),
    constraint transaction_like_pkey primary key (xid))`,
  `create table tuple_like (
    id bigserial not null, namespace varchar not null, object_id varchar not null, relation varchar not null,
    user_object_id varchar not null, created_xid xid8 not null default pg_current_xact_id(),
    deleted_xid xid8 not null default '9223372036854775807',
    constraint tuple_like_pkey primary key (id))`,
  'alter table tuple_like add column caveat_name varchar, add column caveat_context jsonb',
  'alter table tuple_like add constraint tuple_like_living unique (namespace, object_id, relation, deleted_xid)',
  'alter table tuple_like drop constraint tuple_like_pkey',
  'alter table tuple_like add primary key (namespace, object_id, relation, user_object_id, created_xid)',
  'alter table tuple_like alter column user_object_id set not null, alter column caveat_name drop not null',
  'create index concurrently if not exists tuple_like_by_user on tuple_like (user_object_id, namespace)',
  `create index concurrently tuple_like_gc on tuple_like (deleted_xid desc) where deleted_xid < '9223372036854775807'`,
  'create index transaction_like_time on transaction_like using brin (timestamp)',
  'drop index concurrently tuple_like_gc',
  `create table metadata_like (unique_id varchar primary key)`,
  "insert into metadata_like values ('one') on conflict do nothing",
  'alter table metadata_like rename column unique_id to id',
  'create sequence counter_like start 1',
  `create function now_like() returns timestamptz language sql stable as 'select now()'`,
  'comment on table tuple_like is $$relationships$$',
  "update version_like set version_num = 'next' where version_num = 'initial'",
];

export const workLikeSpicedb: readonly string[] = [
  'begin isolation level serializable',
  `insert into transaction_like default values`,
  `insert into tuple_like (namespace, object_id, relation, user_object_id, caveat_context)
    values ('document', 'one', 'viewer', 'ann', '{}') on conflict do nothing`,
  `update tuple_like set deleted_xid = pg_current_xact_id() where object_id = 'none'`,
  'commit',
  'begin isolation level repeatable read read only',
  `select count(*) from tuple_like where pg_visible_in_snapshot(created_xid, pg_current_snapshot())`,
  'commit',
  'select pg_try_advisory_lock(1), pg_advisory_unlock(1)',
  `select reltuples from pg_class where relname = 'tuple_like'`,
  'show track_commit_timestamp',
  'select setting from pg_settings where name = $$default_transaction_isolation$$',
  'create temporary table copied_like (like tuple_like)',
  `delete from tuple_like where (namespace, object_id) in (select namespace, object_id from tuple_like limit 1)`,
  'analyze tuple_like',
  'explain (analyze, format json) select * from tuple_like',
];
