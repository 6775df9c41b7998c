// A convolution over frames, rows and columns as a product: output pixels by
// taps·channels, times weights [O, taps·C]. In f32, or with pixels and weights in
// 16 bits; then C is a multiple of 8. A launch makes the tiles from first on.
#include "gemm.cuh"
#include "pixels.cuh"
#include "sgemm.cuh"

#define SHAPE_ARGUMENTS                                                                                               \
  u32 front, u32 t, u32 h, u32 w, u32 c, u32 kt, u32 kh, u32 kw, u32 st, u32 sh, u32 sw, u32 top, u32 left, u32 up, \
      u32 oh, u32 ow, u32 rows
#define SHAPE front, t, h, w, c, kt, kh, kw, st, sh, sw, top, left, up, oh, ow, rows
#define END Epilogue{out, bias, nullptr, residual, 0, 1, 0, STORE_F32}

KERNEL(256, conv3d_f32, const u32 *stop, const float *x, const float *cache, const float *weights, float *out,
       const float *bias, const float *residual, u32 N, u32 first, SHAPE_ARGUMENTS) {
  if (all_stopped(stop)) return;
  sgemm(Pixels<float>{x, cache, SHAPE}, weights, rows, N, kt * kh * kw * c, first + block_index(), END);
}

#define CONV3D(name, T, BM, BN, WarpsM, WarpsN, Stages)                                                           \
  KERNEL(32 * WarpsM * WarpsN, name, const u32 *stop, const u16 *x, const u16 *cache, const u16 *weights, float *out, \
         const float *bias, const float *residual, u32 N, u32 first, SHAPE_ARGUMENTS) {                           \
    if (all_stopped(stop)) return;                                                                                \
    const u32 K = kt * kh * kw * c;                                                                               \
    gemm<T, Pixels<u16>, Copied, BM, BN, WarpsM, WarpsN, Stages>(Pixels<u16>{x, cache, SHAPE}, Copied{weights, K},       \
                                                                 rows, N, K, first + block_index(), 0, 1, END);   \
  }

CONV3D(conv3d_bf16_128x256, Brain, 128, 256, 2, 4, 4)
CONV3D(conv3d_bf16_128x192, Brain, 128, 192, 2, 4, 4)
CONV3D(conv3d_bf16_128x128, Brain, 128, 128, 2, 2, 3)
CONV3D(conv3d_bf16_64x64, Brain, 64, 64, 2, 2, 4)
CONV3D(conv3d_f16_128x256, Half, 128, 256, 2, 4, 4)
CONV3D(conv3d_f16_128x192, Half, 128, 192, 2, 4, 4)
CONV3D(conv3d_f16_128x128, Half, 128, 128, 2, 2, 3)
CONV3D(conv3d_f16_64x64, Half, 64, 64, 2, 2, 4)
