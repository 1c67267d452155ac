// The tables of the index.
#pragma once

#include <cstdint>

namespace rill::record {

/// In the file's header, so that another program's database is not taken for an index: "Rill".
constexpr std::int64_t application_id = 0x52696c6c;
/// Raise it with every change that an older Rill cannot work with.
constexpr std::int64_t schema_version = 1;

/// paths: counters of finished segments; longest_us is never lowered and bounds every search for overlaps.
/// segments: one row a file, kept small; chain is the number that the writer gave. The index by start also
/// answers segment_at and the oldest without touching rows. parts: apart, because lookups walk over segments
/// without them. chains: what is there without a gap. A chain that lost its middle is two rows with one
/// label.
constexpr const char* schema = R"sql(
CREATE TABLE paths (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  segments INTEGER NOT NULL DEFAULT 0,
  bytes INTEGER NOT NULL DEFAULT 0,
  longest_us INTEGER NOT NULL DEFAULT 0);
CREATE TABLE codecs (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE);
CREATE TABLE totals (
  segments INTEGER NOT NULL,
  bytes INTEGER NOT NULL);
INSERT INTO totals VALUES (0, 0);
CREATE TABLE segments (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  path INTEGER NOT NULL,
  start_us INTEGER NOT NULL,
  duration_us INTEGER NOT NULL,
  bytes INTEGER NOT NULL,
  init_bytes INTEGER NOT NULL,
  chain INTEGER NOT NULL,
  codecs INTEGER NOT NULL,
  locked INTEGER NOT NULL,
  finished INTEGER NOT NULL,
  file TEXT NOT NULL UNIQUE);
CREATE INDEX segments_by_start ON segments (path, start_us, duration_us) WHERE finished = 1;
CREATE INDEX segments_unlocked ON segments (path, start_us) WHERE finished = 1 AND locked = 0;
CREATE INDEX segments_unfinished ON segments (path) WHERE finished = 0;
CREATE TABLE parts (
  segment INTEGER PRIMARY KEY,
  packed BLOB NOT NULL);
CREATE TABLE chains (
  id INTEGER PRIMARY KEY,
  path INTEGER NOT NULL,
  label INTEGER NOT NULL,
  codecs INTEGER NOT NULL,
  start_us INTEGER NOT NULL,
  end_us INTEGER NOT NULL);
CREATE INDEX chains_by_label ON chains (path, label, codecs, start_us);
CREATE INDEX chains_by_end ON chains (path, end_us, start_us, codecs);
)sql";

}  // namespace rill::record
