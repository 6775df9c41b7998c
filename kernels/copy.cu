// Copies n numbers of 4 bytes; joining and copying are made of it. 4 to a thread.
#include "device.cuh"

KERNEL(256, copy, const u32 *stop, u32 *out, const u32 *x, u32 n) {
  if (stopped(stop)) return;
  const u32 i = block_index() * 256 + thread_index();
  if (4 * i + 4 <= n && whole16(out) && whole16(x)) {
    ((uint4 *)out)[i] = ((const uint4 *)x)[i];
    return;
  }
  for (u32 j = 4 * i, e = 0; e < 4 && j < n; e++, j++) out[j] = x[j];
}
