// out [M, N] = epilogue(a [M, K] · w [N, K]ᵀ) with w as a file stores it, widened in the
// product. For few rows: a tile widens what it multiplies, so each row of tiles does it
// anew. K is a multiple of 8, and w begins at 8 bytes. Pieces and parts are matmul.cu's.
#include "packed.cuh"

#define STORED(name, S, BM, BN, WarpsM, WarpsN, Stages)                                                              \
  KERNEL(32 * WarpsM * WarpsN, name, const u32 *stop, const u16 *a, const u8 *w, const float *scale, u32 step, u32 M, \
         u32 N, u32 K, u32 first, u32 parts, float *partial, void *out, const float *bias, const float *gate,        \
         const float *residual, u32 act, u32 every, u32 stride, u32 kind) {                                          \
    if (all_stopped(stop)) return;                                                                                   \
    const u32 tiles = ((M + BM - 1) / BM) * ((N + BN - 1) / BN), piece = first + block_index();                      \
    const u32 part = piece / tiles;                                                                                  \
    const Epilogue end = parts == 1 ? Epilogue{out, bias, gate, residual, act, every, stride, kind}                  \
                                    : Epilogue{partial + (u64)part * M * N, nullptr, nullptr, nullptr, NO_ACT, 1, 0, STORE_F32}; \
    gemm<Brain, Dense, Packed<Brain, S>, BM, BN, WarpsM, WarpsN, Stages>(                                            \
        Dense{a, M, K}, Packed<Brain, S>{w, scale, step, N, K}, M, N, K, piece - part * tiles, part, parts, end);    \
  }
#define TILES(name, S)                         \
  STORED(stored_32x64_##name, S, 32, 64, 1, 4, 4) \
  STORED(stored_64x64_##name, S, 64, 64, 2, 2, 4) \
  STORED(stored_128x128_##name, S, 128, 128, 2, 4, 3)

TILES(f8_e4m3, F8_E4M3)
TILES(f8_e5m2, F8_E5M2)
TILES(q4_0, Q4_0)
TILES(q4_1, Q4_1)
TILES(q5_0, Q5_0)
TILES(q5_1, Q5_1)
TILES(q8_0, Q8_0)
TILES(q2_k, Q2_K)
TILES(q3_k, Q3_K)
TILES(q4_k, Q4_K)
TILES(q5_k, Q5_K)
TILES(q6_k, Q6_K)
TILES(iq4_nl, IQ4_NL)
TILES(iq4_xs, IQ4_XS)
