// out [M, N] = epilogue(a [M, K] · w [N, K]ᵀ). In f32, or with both sides in 16
// bits; then K is a multiple of 8. A launch makes the pieces from first on: tiles,
// and then the tiles of the next part of K, whose sums matmul_join adds up.
#include "gemm.cuh"
#include "sgemm.cuh"

#define EPILOGUE_ARGUMENTS \
  void *out, const float *bias, const float *gate, const float *residual, u32 act, u32 every, u32 stride, u32 kind
#define EPILOGUE Epilogue{out, bias, gate, residual, act, every, stride, kind}

KERNEL(256, matmul_f32, const u32 *stop, const float *a, const float *w, u32 M, u32 N, u32 K, u32 first, EPILOGUE_ARGUMENTS) {
  if (all_stopped(stop)) return;
  sgemm(Plain{a, M, K}, w, M, N, K, first + block_index(), EPILOGUE);
}

#define MATMUL(name, T, BM, BN, WarpsM, WarpsN, Stages)                                                             \
  KERNEL(32 * WarpsM * WarpsN, name, const u32 *stop, const u16 *a, const u16 *w, u32 M, u32 N, u32 K, u32 first,   \
         u32 parts, float *partial, EPILOGUE_ARGUMENTS) {                                                           \
    if (all_stopped(stop)) return;                                                                                  \
    const u32 tiles = ((M + BM - 1) / BM) * ((N + BN - 1) / BN), piece = first + block_index();                     \
    const u32 part = piece / tiles;                                                                                 \
    const Epilogue end = parts == 1 ? EPILOGUE                                                                      \
                                    : Epilogue{partial + (u64)part * M * N, nullptr, nullptr, nullptr, NO_ACT, 1, 0, STORE_F32}; \
    gemm<T, Dense, Copied, BM, BN, WarpsM, WarpsN, Stages>(Dense{a, M, K}, Copied{w, K}, M, N, K, piece - part * tiles, part, parts, end); \
  }

MATMUL(matmul_bf16_128x256, Brain, 128, 256, 2, 4, 4)
MATMUL(matmul_bf16_128x192, Brain, 128, 192, 2, 4, 4)
MATMUL(matmul_bf16_128x128, Brain, 128, 128, 2, 2, 3)
MATMUL(matmul_bf16_64x64, Brain, 64, 64, 2, 2, 4)
MATMUL(matmul_f16_128x256, Half, 128, 256, 2, 4, 4)
MATMUL(matmul_f16_128x192, Half, 128, 192, 2, 4, 4)
MATMUL(matmul_f16_128x128, Half, 128, 128, 2, 2, 3)
MATMUL(matmul_f16_64x64, Half, 64, 64, 2, 2, 4)

// The sums of all parts, 4 numbers to a thread, and what is done to them.
KERNEL(256, matmul_join, const u32 *stop, const float *partial, u32 parts, u32 M, u32 N, EPILOGUE_ARGUMENTS) {
  if (stopped(stop)) return;
  const u32 wide = (N + 3) / 4;
  const u64 i = (u64)block_index() * 256 + thread_index();
  if (i >= (u64)M * wide) return;
  const u32 row = (u32)(i / wide), column = (u32)(i % wide) * 4;
  const float *from = partial + (u64)row * N + column;
  float4 sum = {0, 0, 0, 0};
  for (u32 p = 0; p < parts; p++, from += (u64)M * N) {
    if (N % 4 == 0) {
      const float4 v = *(const float4 *)from;
      sum.x += v.x, sum.y += v.y, sum.z += v.z, sum.w += v.w;
      continue;
    }
    sum.x += from[0];
    if (column + 1 < N) sum.y += from[1];
    if (column + 2 < N) sum.z += from[2];
    if (column + 3 < N) sum.w += from[3];
  }
  const Epilogue end = EPILOGUE;
  end.store4(sum, row, M, column, N);
}
