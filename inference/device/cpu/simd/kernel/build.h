// One build of every kernel: included once for each instruction set, with VW and
// LEVEL set.
#include "kernel.h"
#include <math.h>
#include "vec.h"
#include "act.h"
#include "turn.h"
#include "pack.h"
#include "blocks.h"
#include "tile.h"
#include "gemm.h"
#include "stream.h"
#include "conv.h"
#include "planar.h"
#include "attention.h"
#include "attention_few.h"
#include "rows.h"

// peak runs n rounds of products that depend on nothing but registers and
// returns how many operations those are.
static double peak(i64 n, float *out) {
  vf c[12];
  UNROLL for (int i = 0; i < 12; i++) c[i] = set1((float)i);
  vf a = set1(1.0001f), b = set1(out[0]);
  for (i64 k = 0; k < n; k++) {
    UNROLL for (int i = 0; i < 12; i++) c[i] = fma3(a, c[i], b);
#if VW > 4
    __asm__ volatile("" : "+x"(c[0]));
#endif
  }
  for (int i = 1; i < 12; i++) c[0] += c[i];
  out[0] = hsum(c[0]);
  return 24.0 * VW * n;
}
