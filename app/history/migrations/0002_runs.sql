-- What a clip took, to tell how long the next will, and what its files were, to
-- tell whether they still are. Clips that were not made by the engine have no row.
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
