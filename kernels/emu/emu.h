// A machine that runs kernels on the host, for tests: a block at a time, each of
// its threads on a stack of its own. Barriers, shuffles, ldmatrix, mma and cp.async
// do what the PTX manual says they do, and what is wrong there ends the program:
// lanes of a warp at different places, a barrier not all threads reach, shared
// memory nobody wrote (it begins as NaN). Bytes of cp.async arrive at once in some
// blocks and as late as they may in others. It knows nothing of speed.
#pragma once
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <cmath>
#include <utility>

namespace emu {

struct Warp {
  const char *op;
  u32 count = 0, turn = 0;
  u32 in[32][10], out[32][4];
};

struct Copy {
  u32 to, group;
  const void *from;
  bool in;
};

struct Thread {
  void *stack_pointer = nullptr, *stack = nullptr;
  u32 index = 0;
  const u32 *turn = nullptr;  // what it waits for to change
  u32 seen = 0;
  bool done = false;
  Copy copies[256];
  u32 pending = 0, group = 0;
};

struct Block {
  u32 index, count, threads, shared_size;
  char *shared;
  u32 base;  // the address of its first byte: it is aligned to 128 bytes and no more
  Warp warps[32];
  u32 arrived = 0, any = 0, result = 0, turn = 0;
  bool early;  // copies arrive when they are begun
};

extern Block *block;
extern Thread *self;

[[noreturn]] void fail(const char *what, const char *more = "");
void yield();  // returns when *self->turn is no longer self->seen

// A Kernel is a kernel by name, callable with 8-byte arguments.
struct Kernel {
  const char *name;
  u32 threads, arguments;
  void (*run)(void *function, const u64 *arguments);
  void *function;
  Kernel *next;
};
extern Kernel *kernels;

template <class A> A argument(const u64 *a) {
  A v;
  memcpy(&v, a, sizeof v);
  return v;
}
template <class... A, size_t... I>
void call(void (*f)(A...), const u64 *a, std::index_sequence<I...>) { f(argument<A>(a + I)...); }
template <class... A> struct Signature {
  static void run(void *f, const u64 *a) { call((void (*)(A...))f, a, std::index_sequence_for<A...>()); }
};
struct Register {
  Kernel k;
  template <class... A> Register(const char *name, u32 threads, void (*f)(A...))
      : k{name, threads, sizeof...(A), &Signature<A...>::run, (void *)f, kernels} { kernels = &k; }
};

// together makes the 32 lanes of a warp meet: each leaves n words, the last to
// come computes for all.
template <class F> void together(const char *op, const u32 *words, u32 n, F compute) {
  Warp &w = block->warps[self->index / 32];
  if (w.count == 0) w.op = op;
  if (strcmp(w.op, op)) fail("lanes of a warp meet at different operations: ", op);
  if (n) memcpy(w.in[self->index % 32], words, 4 * n);
  if (++w.count == 32) {
    compute(w);
    w.count = 0;
    w.turn++;
    return;
  }
  self->turn = &w.turn, self->seen = w.turn;
  yield();
}

inline const u32 *result() { return block->warps[self->index / 32].out[self->index % 32]; }

inline u32 brain(float v) {
  u32 b;
  memcpy(&b, &v, 4);
  if (v != v) return b >> 16 | 0x40;
  return (b + 0x7fff + (b >> 16 & 1)) >> 16;
}
inline u32 half(float v) {
  u32 b;
  v = v > 65504 ? 65504 : v < -65504 ? -65504 : v;
  memcpy(&b, &v, 4);
  u32 sign = b >> 16 & 0x8000;
  b &= 0x7fffffff;
  if (b > 0x7f800000) return sign | 0x7e00;
  if (b < 0x38800000) {
    float f;
    memcpy(&f, &b, 4);
    return sign | (u32)nearbyint((double)f * (1 << 24));
  }
  return sign | (((b + 0xfff + (b >> 13 & 1)) >> 13) - (112 << 10));
}
inline float half_wide(u16 h) {
  u32 sign = (u32)(h >> 15) << 31, exp = h >> 10 & 31, frac = h & 1023, b;
  if (exp == 0) return (sign ? -1.f : 1.f) * (float)frac / (1 << 24);
  b = exp == 31 ? sign | 0x7f800000 | frac << 13 : sign | (exp + 112) << 23 | frac << 13;
  float f;
  memcpy(&f, &b, 4);
  return f;
}

inline u32 shared_address(const void *p) { return (u32)((const char *)p - block->shared) + block->base; }
inline char *shared_memory(u32 at) { return block->shared + (at - block->base); }

inline void arrive(const Copy &c) {
  if (c.in) memcpy(shared_memory(c.to), c.from, 16);
  else memset(shared_memory(c.to), 0, 16);
}
inline void copy_async(u32 to, const void *from, bool in) {
  if (to % 16 || (in && (uintptr_t)from % 16)) fail("cp.async is not aligned");
  if (block->early) return arrive({to, 0, from, in});
  if (self->pending == sizeof self->copies / sizeof *self->copies) fail("too many copies are open");
  self->copies[self->pending++] = {to, self->group, from, in};
}
inline void copies_commit() { self->group++; }
inline void copies_wait(u32 open) {
  u32 kept = 0;
  for (u32 i = 0; i < self->pending; i++) {
    Copy c = self->copies[i];
    if (c.group + open >= self->group) {
      self->copies[kept++] = c;
      continue;
    }
    arrive(c);
  }
  self->pending = kept;
}

inline void ldmatrix(u32 (&r)[4], u32 at, bool turned) {
  if (at % 16) fail("ldmatrix is not aligned");
  together(turned ? "ldmatrix.trans" : "ldmatrix", &at, 1, [turned](Warp &w) {
    for (u32 lane = 0; lane < 32; lane++)
      for (u32 m = 0; m < 4; m++) {
        u16 v[2];
        for (u32 i = 0; i < 2; i++) {
          u32 row = lane / 4, col = lane % 4 * 2 + i;
          if (turned) std::swap(row, col);
          memcpy(&v[i], shared_memory(w.in[8 * m + row][0]) + 2 * col, 2);
        }
        w.out[lane][m] = v[0] | (u32)v[1] << 16;
      }
  });
  memcpy(r, result(), 16);
}

// mma: lane i holds of a the rows i/4 and i/4+8 and the columns 2(i%4) … +1 and
// +8, of b the rows like a's columns and the column i/4, of c two neighbours.
inline void mma(float (&c)[4], const u32 (&a)[4], u32 b0, u32 b1, float (*wide)(u16)) {
  u32 words[10] = {a[0], a[1], a[2], a[3], b0, b1};
  memcpy(words + 6, c, 16);
  together("mma", words, 10, [wide](Warp &w) {
    static float A[16][16], B[16][8];
    for (u32 lane = 0; lane < 32; lane++) {
      const u32 *in = w.in[lane];
      u32 g = lane / 4, t = lane % 4 * 2;
      for (u32 i = 0; i < 2; i++) {
        A[g][t + i] = wide(in[0] >> 16 * i), A[g + 8][t + i] = wide(in[1] >> 16 * i);
        A[g][t + 8 + i] = wide(in[2] >> 16 * i), A[g + 8][t + 8 + i] = wide(in[3] >> 16 * i);
        B[t + i][g] = wide(in[4] >> 16 * i), B[t + 8 + i][g] = wide(in[5] >> 16 * i);
      }
    }
    for (u32 lane = 0; lane < 32; lane++)
      for (u32 i = 0; i < 4; i++) {
        u32 row = lane / 4 + i / 2 * 8, col = lane % 4 * 2 + i % 2;
        float s = 0, was;
        for (u32 k = 0; k < 16; k++) s += A[row][k] * B[k][col];
        memcpy(&was, &w.in[lane][6 + i], 4);
        s += was;
        memcpy(&w.out[lane][i], &s, 4);
      }
  });
  memcpy(c, result(), 16);
}

}  // namespace emu

#define DEVICE static inline
#define MEMBER inline
#define KERNEL(threads, name, ...)                       \
  static void name(__VA_ARGS__);                         \
  static emu::Register register_##name(#name, threads, name); \
  static void name(__VA_ARGS__)
#define UNROLL
#define NO_UNROLL

DEVICE u32 thread_index() { return emu::self->index; }
DEVICE u32 block_index() { return emu::block->index; }
DEVICE u32 block_count() { return emu::block->count; }
DEVICE char *shared() { return emu::block->shared; }

DEVICE bool barrier_any(bool v) {
  emu::Block &b = *emu::block;
  b.any |= v;
  if (++b.arrived == b.threads) {
    b.result = b.any, b.any = b.arrived = 0, b.turn++;
    return b.result;
  }
  emu::self->turn = &b.turn, emu::self->seen = b.turn;
  emu::yield();
  return b.result;
}
DEVICE void barrier() { barrier_any(false); }

DEVICE u32 bits_of(float v) {
  u32 b;
  memcpy(&b, &v, 4);
  return b;
}
DEVICE float float_of(u32 b) {
  float v;
  memcpy(&v, &b, 4);
  return v;
}
DEVICE bool warp_any(bool v) {
  const u32 word = v;
  emu::together("vote.any", &word, 1, [](emu::Warp &w) {
    u32 any = 0;
    for (u32 lane = 0; lane < 32; lane++) any |= w.in[lane][0];
    for (u32 lane = 0; lane < 32; lane++) w.out[lane][0] = any;
  });
  return *emu::result();
}
DEVICE float from_lane_xor(float v, u32 mask) {
  u32 words[2] = {bits_of(v), mask};
  emu::together("shfl.bfly", words, 2, [](emu::Warp &w) {
    for (u32 i = 0; i < 32; i++) w.out[i][0] = w.in[(i ^ w.in[i][1]) % 32][0];
  });
  return float_of(emu::result()[0]);
}
DEVICE float from_lane(float v, u32 lane) {
  u32 words[2] = {bits_of(v), lane};
  emu::together("shfl.idx", words, 2, [](emu::Warp &w) {
    for (u32 i = 0; i < 32; i++) w.out[i][0] = w.in[w.in[i][1] % 32][0];
  });
  return float_of(emu::result()[0]);
}
DEVICE u32 fresh(u32 v) { return v; }
DEVICE u32 load_volatile(const u32 *p) { return *(const volatile u32 *)p; }
DEVICE u32 load_cached(const u32 *p) { return load_volatile(p); }
DEVICE float fma_f32(float a, float b, float c) { return fmaf(a, b, c); }
DEVICE double fma_f64(double a, double b, double c) { return fma(a, b, c); }
DEVICE float max_f32(float a, float b) { return fmaxf(a, b); }
DEVICE float min_f32(float a, float b) { return fminf(a, b); }
DEVICE float sqrt_f32(float x) { return sqrtf(x); }
DEVICE float exp2_f32(float x) { return exp2f(x); }
DEVICE float inverse_f32(float x) { return 1.f / x; }
DEVICE float exp2_flush(float x) {
  const float r = exp2f(x);
  return r < 0x1p-126f ? 0.f : r;
}
DEVICE float round_f32(float x) { return nearbyintf(x); }
DEVICE double round_f64(double x) { return nearbyint(x); }
