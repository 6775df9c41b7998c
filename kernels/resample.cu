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

// add_dupup makes out = to + dupup(x), four channels of one of `pixels` in a thread; out
// may be to.
KERNEL(256, add_dupup, const u32 *stop, float *out, const float *to, const float *x, u32 pixels, u32 h, u32 w, u32 c, u32 oc,
       u32 time, u32 space, u32 skip) {
  if (stopped(stop)) return;
  const u32 pieces = (oc + 3) / 4, i = block_index() * 256 + thread_index();
  const u32 pixel = i / pieces, o = i % pieces * 4;
  if (pixel >= pixels) return;
  const u32 xx = pixel % (w * space), y = pixel / (w * space) % (h * space), t = pixel / (w * space) / (h * space) + skip;
  const u32 slots = time * space * space, repeats = oc * slots / c;
  const u32 slot = (o * time + t % time) * space * space + y % space * space + xx % space;
  const float *from = x + (((u64)(t / time) * h + y / space) * w + xx / space) * c;
  const u64 at = (u64)pixel * oc + o;
  float v[4];
  UNROLL for (u32 j = 0; j < 4; j++) v[j] = o + j < oc ? from[(slot + j * slots) / repeats] : 0.f;
  if (oc % 4 == 0 && whole16(out) && whole16(to)) {
    const float4 a = *(const float4 *)(to + at);
    *(float4 *)(out + at) = float4{a.x + v[0], a.y + v[1], a.z + v[2], a.w + v[3]};
    return;
  }
  UNROLL for (u32 j = 0; j < 4; j++)
    if (o + j < oc) out[at + j] = to[at + j] + v[j];
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
