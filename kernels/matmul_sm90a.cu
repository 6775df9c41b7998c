// matmul.cu for compute capability 9.0: the same products with the copy engine and the
// products of warpgroups (include/wide.cuh). A launch makes the pieces first … first +
// count − 1, as many blocks as there are processors taking them in turn.
#include "wide.cuh"

#define WIDE(name, T, Consumers, BN, Stages)                                                                            \
  HOPPER_KERNEL(128 * (Consumers + 1), name, const u32 *stop, const Map *maps, u32 M, u32 N, u32 K, u32 first,          \
                u32 count, u32 parts, float *partial, u32 patience, void *out, const float *bias, const float *gate,    \
                const float *residual, u32 act, u32 every, u32 stride, u32 kind) {                                      \
    if (all_stopped(stop)) return;                                                                                      \
    wide_gemm<T, Consumers, BN, Stages>(stop, Matrices{maps, M, K, 64 * Consumers},                                     \
                                        Pieces{M, N, first, count, parts, partial}, patience,                           \
                                        Epilogue{out, bias, gate, residual, act, every, stride, kind});                 \
  }
WIDE(wide_bf16_128x256, Brain, 2, 256, 4)
WIDE(wide_bf16_128x192, Brain, 2, 192, 4)
WIDE(wide_bf16_128x128, Brain, 2, 128, 6)
WIDE(wide_bf16_64x128, Brain, 1, 128, 8)
WIDE(wide_f16_128x256, Half, 2, 256, 4)
WIDE(wide_f16_128x192, Half, 2, 192, 4)
WIDE(wide_f16_128x128, Half, 2, 128, 6)
WIDE(wide_f16_64x128, Half, 1, 128, 8)
