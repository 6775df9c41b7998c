#include "kernel.h"
#if defined(__x86_64__)
#include "windows.h"
#include <immintrin.h>
#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,avx2,fma,f16c"))), apply_to = function)
#else
#pragma GCC target("avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,avx2,fma,f16c")
#endif
#define VW 16
#define PAIRS
#include <math.h>
#include "vec.h"
#include "act.h"
#include "turn.h"
#include "pack.h"
#include "tile.h"
#include "gemm.h"
#include "conv.h"
#include "doors_tile.h"

// round_pairs rounds rows of k numbers, lda apart, to bfloat16: words of two, the last
// with a zero where k is odd, ldo words apart.
static void round_pairs(i64 rows, i64 k, const float *a, i64 lda, float *out, i64 ldo) {
  for (i64 i = 0; i < rows; i++, a += lda, out += ldo)
    for (i64 j = 0; j < k; j += 2 * VW) {
      i64 n = k - j;
      vf lo = ldm(a + j, n), hi = n > VW ? ldm(a + j + VW, n - VW) : set1(0);
      stm(out + j / 2, (vf)_mm512_cvtne2ps_pbh(hi, lo), (n + 1) / 2);
    }
}

static double peak(i64 n, float *out) {
  vf c[12], a = set1(out[0]);
  UNROLL for (int i = 0; i < 12; i++) c[i] = set1((float)i);
  for (i64 k = 0; k < n; k++) {
    UNROLL for (int i = 0; i < 12; i++) c[i] = fma_kept(a, a, c[i]);
    __asm__ volatile("" : "+x"(c[0]));
  }
  for (int i = 1; i < 12; i++) c[0] += c[i];
  out[0] = hsum(c[0]);
  return 48.0 * VW * n;
}
#if defined(__clang__)
#pragma clang attribute pop
#endif

static const kinora_kernels table = {.tile_rows = MR, .panel = NR, .copy_left = door_copy_left, .pack_right = door_pack_right, .gemm = door_gemm,
                                     .conv_scratch = door_conv_scratch, .conv = door_conv, .round_pairs = round_pairs, .peak = peak};
const kinora_kernels *const kinora_avx512bf16 = &table;
#else
const kinora_kernels *const kinora_avx512bf16 = 0;
#endif
