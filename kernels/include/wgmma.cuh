// The products of warpgroups: d [64, N] (+)= a [64, 16] · b [16, N] of 16-bit numbers,
// sums in f32. Thread t of a warpgroup holds of d the rows t/32·16 + t%32/4 and 8 below,
// in d[4j … 4j+3] the columns 8j + t%4·2 and the next, first of the one row and then of
// the other; where a is in registers, it is laid out as for mma.sync.
//
// A run of products: products_begin, some `product`s, products_end; then
// products_wait<n> until at most n runs are open. Between, neither d nor a in registers
// may be touched. `settled` holds the compiler to that: before products_begin on what was
// written, after products_wait on what is read.
#pragma once
#include "hopper.cuh"

#ifdef KINORA_EMU
DEVICE void products_begin() { emu::wgmma_fence(); }
DEVICE void products_end() { emu::wgmma_commit(); }
template <int N> DEVICE void products_wait() { emu::wgmma_wait(N); }
template <int N> DEVICE void settled(float (&)[N]) {}
template <int N> DEVICE void settled(u32 (&)[N][4]) {}
template <class T, int N> DEVICE void product(float (&d)[N], u64 a, u64 b, bool add) {
  emu::wgmma(d, 2 * N, nullptr, a, b, add, false, &T::wide);
}
template <class T, int N> DEVICE void product_turned(float (&d)[N], const u32 (&a)[4], u64 b) {
  emu::wgmma(d, 2 * N, a, 0, b, true, true, &T::wide);
}
#else
DEVICE void products_begin() { asm volatile("wgmma.fence.sync.aligned;" ::: "memory"); }
DEVICE void products_end() { asm volatile("wgmma.commit_group.sync.aligned;" ::: "memory"); }
template <int N> DEVICE void products_wait() { asm volatile("wgmma.wait_group.sync.aligned %0;" ::"n"(N) : "memory"); }
template <int N> DEVICE void settled(float (&d)[N]) {
  UNROLL for (int i = 0; i < N; i++) asm volatile("" : "+f"(d[i])::"memory");
}
template <int N> DEVICE void settled(u32 (&a)[N][4]) {
  UNROLL for (int i = 0; i < N; i++) UNROLL for (int j = 0; j < 4; j++) asm volatile("" : "+r"(a[i][j])::"memory");
}

// product takes a and b from shared memory, both in rows along the sum; without add the
// old d does not count.
template <class T, int N> DEVICE void product(float (&d)[N], u64 a, u64 b, bool add);
// product_turned takes a from registers and b by columns_at, and adds.
template <class T, int N> DEVICE void product_turned(float (&d)[N], const u32 (&a)[4], u64 b);

#define NAMES_32 "%0,%1,%2,%3,%4,%5,%6,%7,%8,%9,%10,%11,%12,%13,%14,%15,%16,%17,%18,%19,%20,%21,%22,%23,%24,%25,%26,%27,%28,%29,%30,%31"
#define NAMES_64 NAMES_32 ",%32,%33,%34,%35,%36,%37,%38,%39,%40,%41,%42,%43,%44,%45,%46,%47,%48,%49,%50,%51,%52,%53,%54,%55,%56,%57,%58,%59,%60,%61,%62,%63"
#define NAMES_88 NAMES_64 ",%64,%65,%66,%67,%68,%69,%70,%71,%72,%73,%74,%75,%76,%77,%78,%79,%80,%81,%82,%83,%84,%85,%86,%87"
#define NAMES_96 NAMES_88 ",%88,%89,%90,%91,%92,%93,%94,%95"
#define NAMES_128 NAMES_96 ",%96,%97,%98,%99,%100,%101,%102,%103,%104,%105,%106,%107,%108,%109,%110,%111,%112,%113,%114,%115,%116,%117,%118,%119,%120,%121,%122,%123,%124,%125,%126,%127"
#define SUMS_8(i) "+f"(d[i]), "+f"(d[i + 1]), "+f"(d[i + 2]), "+f"(d[i + 3]), "+f"(d[i + 4]), "+f"(d[i + 5]), "+f"(d[i + 6]), "+f"(d[i + 7])
#define SUMS_24(i) SUMS_8(i), SUMS_8(i + 8), SUMS_8(i + 16)
#define SUMS_32 SUMS_24(0), SUMS_8(24)
#define SUMS_64 SUMS_32, SUMS_24(32), SUMS_8(56)
#define SUMS_88 SUMS_64, SUMS_24(64)
#define SUMS_96 SUMS_88, SUMS_8(88)
#define SUMS_128 SUMS_96, SUMS_24(96), SUMS_8(120)

// `type` is what PTX calls T; a, b and p are the numbers of the operands behind the sums.
#define PRODUCT(T, type, wide, sums, a_, b_, p_)                                                                       \
  template <> MEMBER void product<T, sums>(float (&d)[sums], u64 a, u64 b, bool add) {                                 \
    asm volatile("{ .reg .pred p; setp.ne.b32 p, %" #p_ ", 0; wgmma.mma_async.sync.aligned.m64n" #wide "k16.f32." type "." type \
                 " {" NAMES_##sums "}, %" #a_ ", %" #b_ ", p, 1, 1, 0, 0; }"                                           \
                 : SUMS_##sums : "l"(a), "l"(b), "r"((u32)add) : "memory");                                            \
  }
PRODUCT(Brain, "bf16", 128, 64, 64, 65, 66)
PRODUCT(Brain, "bf16", 176, 88, 88, 89, 90)
PRODUCT(Brain, "bf16", 192, 96, 96, 97, 98)
PRODUCT(Brain, "bf16", 256, 128, 128, 129, 130)
PRODUCT(Half, "f16", 128, 64, 64, 65, 66)
PRODUCT(Half, "f16", 192, 96, 96, 97, 98)
PRODUCT(Half, "f16", 256, 128, 128, 129, 130)

#define PRODUCT_TURNED(T, type, wide, sums, a0, a1, a2, a3, b_)                                                        \
  template <> MEMBER void product_turned<T, sums>(float (&d)[sums], const u32 (&a)[4], u64 b) {                        \
    asm volatile("{ .reg .pred p; setp.eq.u32 p, 0, 0; wgmma.mma_async.sync.aligned.m64n" #wide "k16.f32." type "." type \
                 " {" NAMES_##sums "}, {%" #a0 ",%" #a1 ",%" #a2 ",%" #a3 "}, %" #b_ ", p, 1, 1, 1; }"                 \
                 : SUMS_##sums : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "l"(b) : "memory");                       \
  }
PRODUCT_TURNED(Brain, "bf16", 64, 32, 32, 33, 34, 35, 36)
PRODUCT_TURNED(Brain, "bf16", 128, 64, 64, 65, 66, 67, 68)
#endif
