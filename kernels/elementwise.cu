// out = x + y and out = x × y of n numbers; a shorter y, of m, is repeated. What
// divides by 4 is done in pieces of 4.
#include "device.cuh"

struct Sum { DEVICE float of(float a, float b) { return a + b; } };
struct Product { DEVICE float of(float a, float b) { return a * b; } };

template <class F> DEVICE void pairwise(float *out, const float *x, const float *y, u32 n, u32 m) {
  const u32 i = block_index() * 256 + thread_index();
  if (n % 4 == 0 && m % 4 == 0 && whole16(x) && whole16(y) && whole16(out)) {
    if (i >= n / 4) return;
    const float4 a = ((const float4 *)x)[i], b = ((const float4 *)y)[m == n ? i : i % (m / 4)];
    ((float4 *)out)[i] = float4{F::of(a.x, b.x), F::of(a.y, b.y), F::of(a.z, b.z), F::of(a.w, b.w)};
    return;
  }
  for (u32 j = block_index() * 1024 + thread_index(), e = 0; e < 4 && j < n; e++, j += 256)
    out[j] = F::of(x[j], y[m == n ? j : j % m]);
}

KERNEL(256, add, const u32 *stop, float *out, const float *x, const float *y, u32 n, u32 m) {
  if (stopped(stop)) return;
  pairwise<Sum>(out, x, y, n, m);
}

KERNEL(256, mul, const u32 *stop, float *out, const float *x, const float *y, u32 n, u32 m) {
  if (stopped(stop)) return;
  pairwise<Product>(out, x, y, n, m);
}
