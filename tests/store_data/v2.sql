PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
CREATE TABLE migrations (number bigint PRIMARY KEY, name text NOT NULL, applied bigint NOT NULL);
INSERT INTO migrations VALUES(1,'objects_tags_and_links',1795163464559343);
INSERT INTO migrations VALUES(2,'history_of_insights_and_recordings',1795163464559343);
CREATE TABLE objects (
      id text PRIMARY KEY,
      kind text NOT NULL,
      name text NOT NULL,
      name_key text NOT NULL,  -- the name without case: sorting, searching
      unique_key text,         -- what no other object of the kind may share
      status text NOT NULL,
      created bigint NOT NULL,   -- microseconds since 1970, UTC
      updated bigint NOT NULL,
      revision bigint NOT NULL,
      tags text NOT NULL,      -- JSON object; a copy of the table tags, read with the object
      body text NOT NULL       -- JSON object: the fields
    );
INSERT INTO objects VALUES('3915e836-7662-4cc0-b999-aebf94e37b89','location','Hall','hall','hall','',1795163464562140,1795163464562140,1,'{}','{"name":"Hall","description":""}');
INSERT INTO objects VALUES('f299032e-26cf-40b3-9a59-75534447802a','camera','Dock','dock','dock','',1795163464562520,1795163464562520,1,'{"Site":"North"}','{"name":"Dock","source":"rtsp","uri":"rtsp://10.0.0.1/a","user_name":"","password":"","location":"3915e836-7662-4cc0-b999-aebf94e37b89","devices":[],"detect_uri":""}');
CREATE TABLE tags (
      object_id text NOT NULL REFERENCES objects (id) ON DELETE CASCADE,
      key_folded text NOT NULL,
      value text NOT NULL,
      PRIMARY KEY (object_id, key_folded)
    );
INSERT INTO tags VALUES('f299032e-26cf-40b3-9a59-75534447802a','site','North');
CREATE TABLE links (
      from_id text NOT NULL REFERENCES objects (id) ON DELETE CASCADE,
      field text NOT NULL,
      -- Checked at the end, for an object and what belongs to it go together.
      to_id text NOT NULL REFERENCES objects (id) DEFERRABLE INITIALLY DEFERRED,
      owner bigint NOT NULL,     -- 1: the object belongs to what it refers to and goes with it
      PRIMARY KEY (from_id, field)
    );
INSERT INTO links VALUES('f299032e-26cf-40b3-9a59-75534447802a','location','3915e836-7662-4cc0-b999-aebf94e37b89',0);
CREATE TABLE facts (name text PRIMARY KEY, value text NOT NULL);
INSERT INTO facts VALUES('key_check','6e5a7f9ecbf39ca52e432c8d9fa8af68ad6634befb07fe7650dd0be63fdbfa4c4159cb2dc4138f8b');
CREATE TABLE history (
      seq integer PRIMARY KEY AUTOINCREMENT,
      log text NOT NULL,       -- insight, recording
      id text NOT NULL,
      time bigint NOT NULL,
      bytes bigint NOT NULL,     -- what deleting the entry frees, roughly
      filters text NOT NULL,   -- JSON list of the ids of its rows in history_filters
      body text NOT NULL
    );
INSERT INTO history VALUES(1,'insight','first',1795163464562520,590,'[1,2,3,4,5,6,7]','{"id":"first"}');
CREATE TABLE history_filters (
      id integer PRIMARY KEY AUTOINCREMENT,
      log text NOT NULL,
      camera text NOT NULL,    -- '' in these three: any
      deployment text NOT NULL,
      label text NOT NULL
    );
INSERT INTO history_filters VALUES(1,'insight','','','person');
INSERT INTO history_filters VALUES(2,'insight','','live','');
INSERT INTO history_filters VALUES(3,'insight','','live','person');
INSERT INTO history_filters VALUES(4,'insight','f299032e-26cf-40b3-9a59-75534447802a','','');
INSERT INTO history_filters VALUES(5,'insight','f299032e-26cf-40b3-9a59-75534447802a','','person');
INSERT INTO history_filters VALUES(6,'insight','f299032e-26cf-40b3-9a59-75534447802a','live','');
INSERT INTO history_filters VALUES(7,'insight','f299032e-26cf-40b3-9a59-75534447802a','live','person');
CREATE TABLE history_index (
      filter bigint NOT NULL,
      time bigint NOT NULL,
      seq bigint NOT NULL,
      PRIMARY KEY (filter, time, seq)
    );
INSERT INTO history_index VALUES(1,1795163464562520,1);
INSERT INTO history_index VALUES(2,1795163464562520,1);
INSERT INTO history_index VALUES(3,1795163464562520,1);
INSERT INTO history_index VALUES(4,1795163464562520,1);
INSERT INTO history_index VALUES(5,1795163464562520,1);
INSERT INTO history_index VALUES(6,1795163464562520,1);
INSERT INTO history_index VALUES(7,1795163464562520,1);
DELETE FROM sqlite_sequence;
INSERT INTO sqlite_sequence VALUES('history_filters',7);
INSERT INTO sqlite_sequence VALUES('history',1);
CREATE UNIQUE INDEX objects_unique ON objects (kind, unique_key);
CREATE INDEX objects_by_name ON objects (kind, name_key, id);
CREATE INDEX objects_by_created ON objects (kind, created, id);
CREATE INDEX objects_by_updated ON objects (kind, updated, id);
CREATE INDEX objects_by_status ON objects (kind, status, id);
CREATE INDEX links_by_target ON links (to_id, from_id);
CREATE UNIQUE INDEX history_by_id ON history (log, id);
CREATE INDEX history_by_time ON history (log, time, seq, bytes);
CREATE UNIQUE INDEX history_filters_unique
      ON history_filters (log, deployment, camera, label);
COMMIT;
