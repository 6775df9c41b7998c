// Sums and maxima over a warp and over a block.
#pragma once
#include "device.cuh"

DEVICE float warp_sum(float v) {
  UNROLL for (u32 m = 16; m; m >>= 1) v += from_lane_xor(v, m);
  return v;
}
DEVICE float warp_max(float v) {
  UNROLL for (u32 m = 16; m; m >>= 1) v = max_f32(v, from_lane_xor(v, m));
  return v;
}

// block_sum adds over a block of 256 threads; room is 8 floats of shared memory
// that nothing else uses.
DEVICE float block_sum(float v, float *room) {
  v = warp_sum(v);
  barrier();
  if (thread_index() % 32 == 0) room[thread_index() / 32] = v;
  barrier();
  float s = 0;
  UNROLL for (int i = 0; i < 8; i++) s += room[i];
  return s;
}
