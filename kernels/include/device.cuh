// The language kernels are written in: what a block, a warp and a thread can do.
// It is CUDA C++ without NVIDIA's headers, so that clang compiles it alone; with
// KINORA_EMU it is plain C++ and emu/emu.h plays the machine.
#pragma once

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;

struct alignas(8) float2 { float x, y; };
struct alignas(8) uint2 { u32 x, y; };
struct alignas(16) float4 { float x, y, z, w; };
struct alignas(16) uint4 { u32 x, y, z, w; };

#ifdef KINORA_EMU
#include "../emu/emu.h"
#else

#define DEVICE static inline __attribute__((device, always_inline))
#define MEMBER inline __attribute__((device, always_inline))
// KERNEL begins a kernel that is launched with blocks of so many threads.
#define KERNEL(threads, name, ...) \
  extern "C" __attribute__((global, launch_bounds(threads))) void name(__VA_ARGS__)
#define UNROLL _Pragma("unroll")
#define NO_UNROLL _Pragma("unroll 1")

#ifdef __clang__
DEVICE u32 thread_index() { return __nvvm_read_ptx_sreg_tid_x(); }
DEVICE u32 block_index() { return __nvvm_read_ptx_sreg_ctaid_x(); }
DEVICE u32 block_count() { return __nvvm_read_ptx_sreg_nctaid_x(); }
#else
DEVICE u32 thread_index() { return threadIdx.x; }
DEVICE u32 block_index() { return blockIdx.x; }
DEVICE u32 block_count() { return gridDim.x; }
#endif

extern __attribute__((shared, aligned(128))) char shared_memory[];
// shared is the block's shared memory, as large as the launch says.
DEVICE char *shared() { return shared_memory; }

DEVICE void barrier() { asm volatile("bar.sync 0;" ::: "memory"); }
// barrier_any is a barrier that tells every thread whether any of them said so.
DEVICE bool barrier_any(bool v) {
  u32 r;
  asm volatile("{ .reg .pred p, q; setp.ne.u32 p, %1, 0; bar.red.or.pred q, 0, p; selp.u32 %0, 1, 0, q; }"
               : "=r"(r) : "r"((u32)v) : "memory");
  return r != 0;
}
// warp_any tells every lane whether any of them said so.
DEVICE bool warp_any(bool v) {
  u32 r;
  asm volatile("{ .reg .pred p, q; setp.ne.u32 p, %1, 0; vote.sync.any.pred q, p, 0xffffffff; selp.u32 %0, 1, 0, q; }"
               : "=r"(r) : "r"((u32)v) : "memory");
  return r != 0;
}
// from_lane returns v of the lane whose number differs in the bits of mask.
DEVICE float from_lane_xor(float v, u32 mask) {
  float r;
  asm volatile("shfl.sync.bfly.b32 %0, %1, %2, 31, 0xffffffff;" : "=f"(r) : "f"(v), "r"(mask));
  return r;
}
DEVICE float from_lane(float v, u32 lane) {
  float r;
  asm volatile("shfl.sync.idx.b32 %0, %1, %2, 31, 0xffffffff;" : "=f"(r) : "f"(v), "r"(lane));
  return r;
}
// fresh returns v as if it were read anew, so that what follows from it is worked out
// where it is used and not kept.
DEVICE u32 fresh(u32 v) {
  asm volatile("" : "+r"(v));
  return v;
}
DEVICE u32 load_volatile(const u32 *p) {
  u32 r;
  asm volatile("ld.volatile.global.u32 %0, [%1];" : "=r"(r) : "l"(p) : "memory");
  return r;
}
DEVICE u32 load_cached(const u32 *p) {
  u32 r;
  asm volatile("ld.global.ca.u32 %0, [%1];" : "=r"(r) : "l"(p) : "memory");
  return r;
}
DEVICE float fma_f32(float a, float b, float c) { return __builtin_fmaf(a, b, c); }
DEVICE double fma_f64(double a, double b, double c) { return __builtin_fma(a, b, c); }
#ifdef __clang__
DEVICE float max_f32(float a, float b) { return __builtin_fmaxf(a, b); }
DEVICE float min_f32(float a, float b) { return __builtin_fminf(a, b); }
#else
DEVICE float max_f32(float a, float b) { return fmaxf(a, b); }
DEVICE float min_f32(float a, float b) { return fminf(a, b); }
#endif
DEVICE float sqrt_f32(float x) {
  float r;
  asm("sqrt.rn.f32 %0, %1;" : "=f"(r) : "f"(x));
  return r;
}
// exp2_f32 is 2^x, within 2 units; it knows infinities.
DEVICE float exp2_f32(float x) {
  float r;
  asm("ex2.approx.f32 %0, %1;" : "=f"(r) : "f"(x));
  return r;
}
// exp2_flush is the same where what is under 2^-126 may be 0; it is one instruction, and
// the other five.
DEVICE float exp2_flush(float x) {
  float r;
  asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(r) : "f"(x));
  return r;
}
// inverse_f32 is 1/x for x from 1 to infinity, within 1 unit.
DEVICE float inverse_f32(float x) {
  float r;
  asm("rcp.approx.ftz.f32 %0, %1;" : "=f"(r) : "f"(x));
  return r;
}
DEVICE float round_f32(float x) {
  float r;
  asm("cvt.rni.f32.f32 %0, %1;" : "=f"(r) : "f"(x));
  return r;
}
DEVICE double round_f64(double x) {
  double r;
  asm("cvt.rni.f64.f64 %0, %1;" : "=d"(r) : "d"(x));
  return r;
}
DEVICE u32 bits_of(float v) { return __builtin_bit_cast(u32, v); }
DEVICE float float_of(u32 v) { return __builtin_bit_cast(float, v); }

#endif

#define NEGATIVE_INFINITY float_of(0xff800000u)

// stopped reports whether the job was cancelled. Kernels without barriers ask it,
// every warp of them: it may come from the L1 cache, which every launch begins
// without, since they are short and one address answers only so often. The others ask
// all_stopped, so that all threads of a block leave together, and ask the memory.
DEVICE bool stopped(const u32 *stop) { return load_cached(stop) != 0; }
DEVICE bool all_stopped(const u32 *stop) { return barrier_any(thread_index() == 0 && load_volatile(stop) != 0); }

// whole16 reports whether an address is one of 16 bytes; views may begin anywhere.
DEVICE bool whole16(const void *p) { return (u64)p % 16 == 0; }
