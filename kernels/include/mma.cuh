// The tensor cores of compute capability 8.0 and up: 16×8×16 products of 16-bit
// numbers with sums in f32, and the loads that lay operands out for them.
#pragma once
#include "async.cuh"
#include "number.cuh"

#ifdef KINORA_EMU
DEVICE void load4(u32 (&r)[4], u32 at) { emu::ldmatrix(r, at, false); }
DEVICE void load4_turned(u32 (&r)[4], u32 at) { emu::ldmatrix(r, at, true); }
template <class T> DEVICE void mma(float (&c)[4], const u32 (&a)[4], u32 b0, u32 b1) { emu::mma(c, a, b0, b1, &T::wide); }
#else
// load4 loads four 8×8 matrices; lane i gives the address of row i%8 of matrix i/8.
DEVICE void load4(u32 (&r)[4], u32 at) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
               : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3]) : "r"(at) : "memory");
}
DEVICE void load4_turned(u32 (&r)[4], u32 at) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0, %1, %2, %3}, [%4];"
               : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3]) : "r"(at) : "memory");
}
// mma is c += a·b for a [16, 16] by rows and b [16, 8] by columns.
template <class T> DEVICE void mma(float (&c)[4], const u32 (&a)[4], u32 b0, u32 b1);
template <> MEMBER void mma<Brain>(float (&c)[4], const u32 (&a)[4], u32 b0, u32 b1) {
  asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
               : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3]) : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
}
template <> MEMBER void mma<Half>(float (&c)[4], const u32 (&a)[4], u32 b0, u32 b1) {
  asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
               : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3]) : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
}
#endif

// swizzle is where chunk c of 8 numbers of row r lies in a tile whose rows have
// Chunks of them, in bytes: spread so that the 8 rows of a matrix are in 8
// different groups of banks.
template <int Chunks> DEVICE u32 swizzle(u32 r, u32 c) {
  static_assert(Chunks == 4 || Chunks % 8 == 0, "rows of 64 bytes or of whole 128");
  return (r * Chunks + (Chunks == 4 ? c ^ (r >> 1 & 3) : c ^ (r & 7))) * 16;
}
