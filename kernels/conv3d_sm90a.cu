// conv3d.cu for compute capability 9.0, strides of 1 and no doubling: the product of
// include/wide.cuh, whose left matrix nobody puts together. 128 of its rows are 8×16
// pixels of a frame, and for each tap the copy engine brings the same pixels of the frame
// moved by it, with zeros around. A launch makes the tiles first … first + count − 1.
#include "wide.cuh"

// maps are x [t, h, w, c] and the frames in front of it, in boxes of 8×16 pixels of 64
// channels, and the weights [out, taps, c] in boxes of so many rows. Where no frames are
// in front, they are zeros, and maps[1] is x's.
struct Clip {
  const Map *maps;
  u32 front, cached, c, kt, kh, kw, top, left;  // frames in front, and whether they are there
  u32 frames, oh, ow;                           // of the output
  static constexpr u32 count = 3;
  MEMBER u32 wide() const { return (ow + 15) / 16; }
  MEMBER u32 high() const { return (oh + 7) / 8; }
  MEMBER u32 down() const { return frames * high() * wide(); }
  MEMBER u32 slices() const { return kt * kh * kw * ((c + 63) / 64); }
  MEMBER void load(u32 a, u32 b, u32 bar, u32 slice, u32 row, u32 column) const {
    const u32 pieces = (c + 63) / 64, tap = slice / pieces, from = (slice - tap * pieces) * 64;
    const u32 across = tap % kw, rest = tap / kw, lower = rest % kh, later = rest / kh;
    const int x = (int)(row % wide() * 16 + across) - (int)left, y = (int)(row / wide() % high() * 8 + lower) - (int)top;
    const u32 frame = row / wide() / high() + later;
    const bool before = frame < front && cached;
    load_box(a, maps + before, bar, (int)from, x, y, before ? (int)frame : (int)frame - (int)front);
    load_box(b, maps + 2, bar, (int)(tap * c + from), (int)column);
  }
  MEMBER void rows(u32 row, u32 sixteen, u32 *first, u32 *end) const {
    const u32 x = row % wide() * 16, y = row / wide() % high() * 8 + sixteen;
    *first = (row / wide() / high() * oh + y) * ow + x;
    *end = y < oh ? *first + (ow - x < 16 ? ow - x : 16) : 0;
  }
};

#define WIDE_CONV(name, T, BN, Stages)                                                                                   \
  HOPPER_KERNEL(384, name, const u32 *stop, const Map *maps, float *out, const float *bias, const float *residual, u32 N, \
                u32 front, u32 cached, u32 c, u32 kt, u32 kh, u32 kw, u32 top, u32 left, u32 frames, u32 oh, u32 ow,     \
                u32 first, u32 count, u32 patience) {                                                                    \
    if (all_stopped(stop)) return;                                                                                       \
    wide_gemm<T, 2, BN, Stages>(stop, Clip{maps, front, cached, c, kt, kh, kw, top, left, frames, oh, ow},               \
                                Pieces{0, N, first, count, 1, nullptr}, patience,                                        \
                                Epilogue{out, bias, nullptr, residual, NO_ACT, 1, 0, STORE_F32});                        \
  }
WIDE_CONV(wide_conv_bf16_128x256, Brain, 256, 4)
WIDE_CONV(wide_conv_bf16_128x128, Brain, 128, 6)
WIDE_CONV(wide_conv_f16_128x256, Half, 256, 4)
WIDE_CONV(wide_conv_f16_128x128, Half, 128, 6)
