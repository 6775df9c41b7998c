// The VAE's shortcuts without parameters (graph/resample.go). Sizes are those of
// the input; a thread makes one number of the n that come out.
#include "device.cuh"

KERNEL(256, dupup, const u32 *stop, float *out, const float *x, u32 n, u32 h, u32 w, u32 c, u32 oc, u32 time, u32 space, u32 skip) {
  if (stopped(stop)) return;
  const u32 i = block_index() * 256 + thread_index();
  if (i >= n) return;
  const u32 o = i % oc, xx = i / oc % (w * space), y = i / oc / (w * space) % (h * space);
  const u32 t = i / oc / (w * space) / (h * space) + skip;
  const u32 slot = ((o * time + t % time) * space + y % space) * space + xx % space;
  const u32 repeats = oc * time * space * space / c;
  out[i] = x[(((u64)(t / time) * h + y / space) * w + xx / space) * c + slot / repeats];
}

KERNEL(256, avgdown, const u32 *stop, float *out, const float *x, u32 n, u32 h, u32 w, u32 c, u32 oc, u32 time, u32 space, u32 skip) {
  if (stopped(stop)) return;
  const u32 i = block_index() * 256 + thread_index();
  if (i >= n) return;
  const u32 o = i % oc, xx = i / oc % (w / space), y = i / oc / (w / space) % (h / space), t = i / oc / (w / space) / (h / space);
  const u32 slots = time * space * space, group = c * slots / oc;
  float sum = 0;
  for (u32 j = o * group; j < (o + 1) * group; j++) {
    const u32 r = j % slots, from = t * time + r / (space * space);
    if (from < skip) continue;  // a frame of zeros
    sum += x[(((u64)(from - skip) * h + y * space + r / space % space) * w + xx * space + r % space) * c + j / slots];
  }
  out[i] = sum / group;
}
