// Moves a causal cache of `held` frames on by the `frames` of x; fresh takes what
// was held for zeros. A thread moves one place of the frame, oldest first, so that
// nothing is lost though source and destination are one.
#include "device.cuh"

KERNEL(256, keep, const u32 *stop, float *state, const float *x, u32 size, u32 held, u32 frames, u32 fresh) {
  if (stopped(stop)) return;
  const u32 i = block_index() * 256 + thread_index();
  if (i >= size) return;
  for (u32 f = 0; f < held; f++) {
    const u32 from = f + frames;  // counted over the state and x after it
    float v = 0;
    if (from >= held) v = x[(u64)(from - held) * size + i];
    else if (!fresh) v = state[(u64)from * size + i];
    state[(u64)f * size + i] = v;
  }
}
