// The timestep embedding: cosines, then sines, of t·frequency, in f64. A block
// makes the row of one timestep.
#include "number.cuh"

KERNEL(256, sinusoid, const u32 *stop, float *out, const float *t, const double *frequency, u32 half) {
  if (stopped(stop)) return;
  float *row = out + (u64)block_index() * 2 * half;
  for (u32 i = thread_index(); i < half; i += 256) {
    double sine, cosine;
    sincos_f64((double)t[block_index()] * frequency[i], &sine, &cosine);
    row[i] = (float)cosine;
    row[half + i] = (float)sine;
  }
}
