// conv3d.cu for compute capability 9.0 and strides of 1: the product of include/wide.cuh,
// whose left matrix nobody puts together. 128 of its rows are 8×16 pixels of a frame, and
// for each tap the copy engine brings the same pixels of the frame moved by it, with zeros
// around. Where rows and columns count twice, a tile is of every other pixel and line, so
// that its taps, too, are pixels that lie together. A launch makes the tiles first … first
// + count − 1.
#include "wide.cuh"

// maps are x [t, h, w, c] and the frames in front of it, in boxes of 8×16 pixels of 64
// channels, and the weights [out, taps, c] in boxes of so many rows. Where no frames are
// in front, they are zeros, and maps[1] is x's.
struct Clip {
  const Map *maps;
  u32 front, cached, c, kt, kh, kw, top, left;  // frames in front, and whether they are there
  u32 frames, oh, ow;                           // of the output
  u32 up;                                       // 1: rows and columns count twice
  static constexpr u32 count = 3;
  MEMBER u32 wide() const { return (((ow + up) >> up) + 15) / 16; }
  MEMBER u32 high() const { return (((oh + up) >> up) + 7) / 8; }
  MEMBER u32 down() const { return (frames * high() * wide()) << (2 * up); }
  MEMBER u32 step() const { return 1 + up; }
  // Place is a tile's: its first pixel, among those that count once, and which of the four
  // it makes of each.
  struct Place { u32 x, y, frame, right, below; };
  MEMBER Place place(u32 row) const {
    const u32 which = row & (3 * up), tile = row >> (2 * up);
    return {tile % wide() * 16, tile / wide() % high() * 8, tile / wide() / high(), which & 1, which >> 1};
  }
  MEMBER u32 slices() const { return kt * kh * kw * ((c + 63) / 64); }
  MEMBER void load(u32 a, u32 b, u32 bar, u32 slice, u32 row, u32 column) const {
    const u32 pieces = (c + 63) / 64, tap = slice / pieces, from = (slice - tap * pieces) * 64;
    const u32 across = tap % kw, rest = tap / kw, lower = rest % kh, later = rest / kh;
    const Place p = place(row);
    const int x = (int)p.x + (((int)(p.right + across) - (int)left) >> up), y = (int)p.y + (((int)(p.below + lower) - (int)top) >> up);
    const u32 frame = p.frame + later;
    const bool before = frame < front && cached;
    load_box(a, maps + before, bar, (int)from, x, y, before ? (int)frame : (int)frame - (int)front);
    load_box(b, maps + 2, bar, (int)(tap * c + from), (int)column);
  }
  MEMBER void rows(u32 row, u32 sixteen, u32 *first, u32 *end) const {
    const Place p = place(row);
    const u32 x = (p.x << up) + p.right, y = ((p.y + sixteen) << up) + p.below;
    *first = (p.frame * oh + y) * ow + x;
    *end = y < oh && x < ow ? *first + (ow - x < (16u << up) ? ow - x : 16u << up) : 0;
  }
};

#define WIDE_CONV(name, T, BN, Stages)                                                                                   \
  HOPPER_KERNEL(384, name, const u32 *stop, const Map *maps, float *out, const float *bias, const float *residual, u32 N, \
                u32 front, u32 cached, u32 c, u32 kt, u32 kh, u32 kw, u32 top, u32 left, u32 frames, u32 oh, u32 ow,     \
                u32 up, u32 first, u32 count, u32 patience) {                                                                    \
    if (all_stopped(stop)) return;                                                                                       \
    wide_gemm<T, 2, BN, Stages>(stop, Clip{maps, front, cached, c, kt, kh, kw, top, left, frames, oh, ow, up},           \
                                Pieces{0, N, first, count, 1, nullptr}, patience,                                        \
                                Epilogue{out, bias, nullptr, residual, NO_ACT, 1, 0, STORE_F32});                        \
  }
WIDE_CONV(wide_conv_bf16_128x256, Brain, 256, 4)
WIDE_CONV(wide_conv_bf16_128x128, Brain, 128, 6)
WIDE_CONV(wide_conv_f16_128x256, Half, 256, 4)
WIDE_CONV(wide_conv_f16_128x128, Half, 128, 6)
