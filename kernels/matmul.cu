// out [M, N] = epilogue(a [M, K] · w [N, K]ᵀ). In f32, or with both sides in 16
// bits; then K is a multiple of 8. A launch makes the tiles from first on.
#include "gemm.cuh"
#include "sgemm.cuh"

#define EPILOGUE_ARGUMENTS \
  float *out, const float *bias, const float *gate, const float *residual, u32 act, u32 every, u32 stride
#define EPILOGUE Epilogue{out, bias, gate, residual, act, every, stride}

KERNEL(256, matmul_f32, const u32 *stop, const float *a, const float *w, u32 M, u32 N, u32 K, u32 first, EPILOGUE_ARGUMENTS) {
  if (all_stopped(stop)) return;
  sgemm(Plain{a, M, K}, w, M, N, K, first + block_index(), EPILOGUE);
}

#define MATMUL(name, T, BM, BN, WarpsM, WarpsN, Stages)                                                       \
  KERNEL(32 * WarpsM * WarpsN, name, const u32 *stop, const u16 *a, const u16 *w, u32 M, u32 N, u32 K, u32 first, \
         EPILOGUE_ARGUMENTS) {                                                                                \
    if (all_stopped(stop)) return;                                                                            \
    gemm<T, Dense, BM, BN, WarpsM, WarpsN, Stages>(Dense{a, M, K}, w, M, N, K, first + block_index(), EPILOGUE); \
  }

MATMUL(matmul_bf16_128x128, Brain, 128, 128, 2, 2, 3)
MATMUL(matmul_bf16_64x64, Brain, 64, 64, 2, 2, 4)
MATMUL(matmul_f16_128x128, Half, 128, 128, 2, 2, 3)
MATMUL(matmul_f16_64x64, Half, 64, 64, 2, 2, 4)
