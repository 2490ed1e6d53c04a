/** `PRAGMA application_id` of a replica file: the letters HOLD. An image that says otherwise is not ours. */
export const replicaApplicationId = 0x484f4c44

/** The readable text of a message, as SQL over its `parts`; what the full-text index holds. */
const textOf = (parts: string) => `(select group_concat(p.value ->> '$.text', char(10, 10)) from json_each(${parts}) p where p.value ->> '$.type' = 'text')`

/**
 * The schema of a replica by `user_version`: append only, a released entry never changes. The server writes the image of a reset with the
 * same list, so it stands on the shared side. `num` is a rowid that survives VACUUM; the index counts messages by even numbers, titles by odd.
 */
export const replicaMigrations: readonly string[] = [
  `
  create table thread (
    num integer primary key, id text not null unique, title text, pinned integer, archived integer, model text, system_prompt text, active_leaf text,
    parent_thread text, parent_message text, deleted integer, created_at integer, h text not null, hx text not null
  ) strict;
  create table message (
    num integer primary key, id text not null unique, thread text, parent text, role text, status text, parts text, model text, usage text, error text,
    run text, deleted integer, created_at integer, h text not null, hx text not null
  ) strict;
  create index message_by_thread on message (thread, created_at, id);
  create index message_by_run on message (run) where run is not null;
  create index message_open on message (status) where status in ('queued', 'streaming');
  create table label (id text primary key, thread text, name text, "on" integer, h text not null, hx text not null) strict;
  create index label_by_thread on label (thread);
  create table setting (name text primary key, value text, h text not null, hx text not null) strict;

  create table outbox (n integer primary key, t text not null, k text not null, h text not null, c text not null) strict;
  create index outbox_by_clock on outbox (h);
  create index outbox_by_key on outbox (k);
  create table rejected (n integer primary key, t text not null, k text not null, h text not null, c text not null, code text not null, message text not null) strict;
  create table resend (h text not null, t text not null, k text not null, c text not null, primary key (h, t, k)) strict, without rowid;
  create table held (t text not null, k text not null, h text not null, primary key (t, k, h)) strict, without rowid;
  create table pending_run (run text primary key, thread text not null, message text not null, parent text not null, options text not null) strict;
  create table mutation (id text primary key, result text not null, at integer not null) strict;
  create table blob (sha256 text primary key, state text not null, size integer, mime text, last_used integer not null) strict;
  create table meta (name text primary key, value text not null) strict;

  create view search_source as
    select num * 2 as id, ${textOf('parts')} as text from message union all select num * 2 + 1, title from thread;
  create virtual table search using fts5 (text, content = 'search_source', content_rowid = 'id', tokenize = 'unicode61 remove_diacritics 2');
  create trigger message_indexed after insert on message when new.parts is not null begin
    insert into search (rowid, text) values (new.num * 2, ${textOf('new.parts')});
  end;
  create trigger message_reindexed after update of parts on message when old.parts is not new.parts begin
    insert into search (search, rowid, text) select 'delete', old.num * 2, ${textOf('old.parts')} where old.parts is not null;
    insert into search (rowid, text) select new.num * 2, ${textOf('new.parts')} where new.parts is not null;
  end;
  create trigger message_unindexed after delete on message when old.parts is not null begin
    insert into search (search, rowid, text) values ('delete', old.num * 2, ${textOf('old.parts')});
  end;
  create trigger thread_indexed after insert on thread when new.title is not null begin
    insert into search (rowid, text) values (new.num * 2 + 1, new.title);
  end;
  create trigger thread_reindexed after update of title on thread when old.title is not new.title begin
    insert into search (search, rowid, text) select 'delete', old.num * 2 + 1, old.title where old.title is not null;
    insert into search (rowid, text) select new.num * 2 + 1, new.title where new.title is not null;
  end;
  create trigger thread_unindexed after delete on thread when old.title is not null begin
    insert into search (search, rowid, text) values ('delete', old.num * 2 + 1, old.title);
  end;
  `,
  // Beginnings of words in an index of their own: without it a word's first two letters read the entries of every word that begins so.
  // What that costs the writer is won back by merging segments half as often.
  `
  drop table search;
  create virtual table search using fts5 (text, content = 'search_source', content_rowid = 'id', tokenize = 'unicode61 remove_diacritics 2', prefix = '2 3');
  insert into search (search, rank) values ('automerge', 8);
  insert into search (rowid, text) select id, text from search_source where text is not null;
  `,
]

/** What migrating and checking an image need of a database; the device's driver and the server's both fit. */
export interface ReplicaConnection {
  exec(sql: string): void
  get(sql: string): Record<string, unknown> | undefined
}

export const readPragma = (connection: ReplicaConnection, name: string): unknown => Object.values(connection.get(`pragma ${name}`) ?? {})[0]

/** Brings a file to the newest version, each step in a transaction of its own. Returns false, and touches nothing, if the file is newer than this build. */
export function migrateReplica(connection: ReplicaConnection): boolean {
  const from = Number(readPragma(connection, 'user_version'))
  if (from > replicaMigrations.length) return false
  for (let version = from; version < replicaMigrations.length; version++) {
    connection.exec(`begin immediate; ${replicaMigrations[version]} pragma application_id = ${replicaApplicationId}; pragma user_version = ${version + 1}; commit;`)
  }
  return true
}
