PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
CREATE TABLE migrations (number bigint PRIMARY KEY, name text NOT NULL, applied bigint NOT NULL);
INSERT INTO migrations VALUES(1,'objects_tags_and_links',1795163464559343);
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
CREATE UNIQUE INDEX objects_unique ON objects (kind, unique_key);
CREATE INDEX objects_by_name ON objects (kind, name_key, id);
CREATE INDEX objects_by_created ON objects (kind, created, id);
CREATE INDEX objects_by_updated ON objects (kind, updated, id);
CREATE INDEX objects_by_status ON objects (kind, status, id);
CREATE INDEX links_by_target ON links (to_id, from_id);
COMMIT;
