CREATE TABLE models (
  n     INTEGER PRIMARY KEY,
  name  TEXT    NOT NULL,
  hash  TEXT    NOT NULL,
  bytes INTEGER NOT NULL,
  UNIQUE (name, hash, bytes)
);

CREATE TABLE clips (
  n          INTEGER PRIMARY KEY,
  id         TEXT    NOT NULL UNIQUE,
  state      TEXT    NOT NULL CHECK (state IN ('queued', 'running', 'done', 'failed', 'cancelled', 'interrupted')),
  owner      TEXT    NOT NULL, -- lock file of the process that works on it
  request    TEXT    NOT NULL CHECK (json_valid(request)),
  prompt     TEXT    NOT NULL GENERATED ALWAYS AS (request ->> 'prompt') VIRTUAL,
  image_path TEXT    NOT NULL,
  model      INTEGER NOT NULL REFERENCES models (n),
  output     TEXT    NOT NULL,
  master     TEXT    NOT NULL,
  error      TEXT    NOT NULL,
  created    INTEGER NOT NULL, -- all times in milliseconds since 1970
  started    INTEGER,
  ended      INTEGER,
  deleted    INTEGER
);

CREATE INDEX clips_by_owner ON clips (owner) WHERE state IN ('queued', 'running');

CREATE TABLE timings (
  clip  INTEGER NOT NULL REFERENCES clips (n) ON DELETE CASCADE,
  stage TEXT    NOT NULL,
  ns    INTEGER NOT NULL,
  PRIMARY KEY (clip, stage)
) WITHOUT ROWID;

CREATE TABLE thumbnails (
  clip INTEGER PRIMARY KEY REFERENCES clips (n) ON DELETE CASCADE,
  png  BLOB    NOT NULL
);

CREATE VIRTUAL TABLE words USING fts4 (text, tokenize=unicode61);

CREATE TRIGGER clips_unword AFTER DELETE ON clips BEGIN
  DELETE FROM words WHERE docid = old.n;
END;

CREATE TABLE runs (
  clip    INTEGER PRIMARY KEY REFERENCES clips (n) ON DELETE CASCADE,
  machine TEXT    NOT NULL, -- device, threads and whatever else changes the speed
  weights TEXT    NOT NULL, -- fingerprint of the model's files; empty when not known
  work    TEXT    NOT NULL CHECK (json_valid(work)), -- operations by stage
  keeping INTEGER NOT NULL, -- nanoseconds that writing its files took
  bytes   INTEGER NOT NULL, -- of its files
  output  TEXT    NOT NULL, -- mark of the MP4
  master  TEXT    NOT NULL  -- mark of the lossless frames
);

CREATE INDEX runs_by_machine ON runs (machine);

