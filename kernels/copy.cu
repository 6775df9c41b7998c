// Copies n numbers of 4 bytes; joining and copying are made of it. A block moves 4096
// of them: a thread has 4 pieces of 16 bytes on their way at once, 4 KB apart, so that
// its warp's lie side by side.
#include "device.cuh"

KERNEL(256, copy, const u32 *stop, u32 *out, const u32 *x, u32 n) {
  if (stopped(stop)) return;
  const u64 first = (u64)block_index() * 4096;
  if (first + 4096 <= n && whole16(out) && whole16(x)) {
    const uint4 *from = (const uint4 *)(x + first) + thread_index();
    uint4 *to = (uint4 *)(out + first) + thread_index();
    uint4 v[4];
    UNROLL for (int i = 0; i < 4; i++) v[i] = from[256 * i];
    UNROLL for (int i = 0; i < 4; i++) to[256 * i] = v[i];
    return;
  }
  for (u64 i = first + thread_index(); i < n && i < first + 4096; i += 256) out[i] = x[i];
}
