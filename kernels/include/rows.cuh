// Which rows attention is about. Queries and keys come in batches, independent of
// each other: all of them, the frames, or the pixels. Row r of batch b is row
// b·batch + r·step of the matrix; it sees the keys of the groups of `per` rows
// that are within `window` groups of its own. The last key may count several times.
#pragma once
#include "device.cuh"

struct Rows {
  u32 queries, keys;      // of a batch
  u32 batch, step;        // in rows
  u32 per;                // 0: every key is seen
  u32 window;
  float extra;            // of the last key's logit: ln of how often it counts

  MEMBER u64 at(u32 b, u32 r) const { return (u64)b * batch + (u64)r * step; }
  MEMBER u32 from(u32 query) const {
    if (per == 0) return 0;
    const u32 g = query / per;
    return g > window ? (g - window) * per : 0;
  }
  MEMBER u32 to(u32 query) const {
    if (per == 0) return keys;
    const u32 end = (query / per + window + 1) * per;
    return end < keys ? end : keys;
  }
};
#define ROWS_ARGUMENTS u32 queries, u32 keys, u32 batch, u32 step, u32 per, u32 window, float extra
#define ROWS Rows{queries, keys, batch, step, per, window, extra}
