// What compute capability 9.0 adds, as sm_90a spells it: barriers in shared memory
// that count arrivals and bytes, boxes of tensors copied by the copy engine, and
// products of whole warpgroups that run beside the program. PTX ISA 8.3.
//
// Whoever waits on a barrier waits for a bounded time and is told when it was in vain:
// see `wait`. Nothing here blocks for ever.
#pragma once
#include "async.cuh"
#include "number.cuh"

#ifdef KINORA_EMU
#include "../emu/hopper.h"
#define HOPPER_KERNEL KERNEL
#else
// With a block alone on its processor, as setmaxnreg wants it.
#define HOPPER_KERNEL(threads, name, ...) \
  extern "C" __attribute__((global, launch_bounds(threads, 1))) void name(__VA_ARGS__)
#endif

// A Map is what cuTensorMapEncodeTiled makes of a tensor; only the copy engine reads it.
struct alignas(64) Map { u64 opaque[16]; };

#ifdef KINORA_EMU
DEVICE void barrier_init(u32 at, u32 arrivals) { emu::barrier_init(at, arrivals); }
DEVICE void barriers_made() { emu::barriers_made(); }
DEVICE void expect(u32 at, u32 bytes) { emu::barrier_expect(at, bytes); }
DEVICE void arrive(u32 at) { emu::barrier_arrive(at); }
DEVICE bool passed(u32 at, u32 parity) { return emu::barrier_passed(at, parity); }
DEVICE u64 nanoseconds() { return emu::nanoseconds(); }
DEVICE void acquire(const Map *m) { emu::map_acquire(m); }
DEVICE void load_box(u32 to, const Map *m, u32 bar, int c0, int c1) {
  const int c[] = {c0, c1};
  emu::load_box(to, m, bar, c, 2);
}
DEVICE void load_box(u32 to, const Map *m, u32 bar, int c0, int c1, int c2, int c3) {
  const int c[] = {c0, c1, c2, c3};
  emu::load_box(to, m, bar, c, 4);
}
DEVICE void warp_barrier() { emu::together("bar.warp.sync", nullptr, 0, [](emu::Warp &) {}); }
template <int N> DEVICE void fewer_registers() { emu::registers(N, false); }
template <int N> DEVICE void more_registers() { emu::registers(N, true); }
#else
// barrier_init makes a barrier of so many arrivals to a phase; barriers_made, by the
// thread that made them, shows them to the copy engine. `expect` arrives and says how
// many bytes the phase must see besides.
DEVICE void barrier_init(u32 at, u32 arrivals) { asm volatile("mbarrier.init.shared::cta.b64 [%0], %1;" ::"r"(at), "r"(arrivals) : "memory"); }
DEVICE void barriers_made() { asm volatile("fence.mbarrier_init.release.cluster;" ::: "memory"); }
DEVICE void expect(u32 at, u32 bytes) {
  asm volatile("mbarrier.arrive.expect_tx.shared::cta.b64 _, [%0], %1;" ::"r"(at), "r"(bytes) : "memory");
}
DEVICE void arrive(u32 at) { asm volatile("mbarrier.arrive.shared::cta.b64 _, [%0];" ::"r"(at) : "memory"); }
// passed reports whether the phase of that parity is over; it may pause before it says no.
DEVICE bool passed(u32 at, u32 parity) {
  u32 r;
  asm volatile("{ .reg .pred p; mbarrier.try_wait.parity.shared::cta.b64 p, [%1], %2; selp.u32 %0, 1, 0, p; }"
               : "=r"(r) : "r"(at), "r"(parity) : "memory");
  return r != 0;
}
DEVICE u64 nanoseconds() {
  u64 r;
  asm volatile("mov.u64 %0, %%globaltimer;" : "=l"(r));
  return r;
}
// acquire makes a map that the host has written good for this block.
DEVICE void acquire(const Map *m) {
  asm volatile("fence.proxy.tensormap::generic.acquire.sys [%0], 128;" ::"l"(m) : "memory");
}
// load_box begins to copy the box of a tensor that begins at the coordinates, innermost
// first, to shared memory; its bytes count for the barrier. What lies outside is zeros.
DEVICE void load_box(u32 to, const Map *m, u32 bar, int c0, int c1) {
  asm volatile("cp.async.bulk.tensor.2d.shared::cluster.global.tile.mbarrier::complete_tx::bytes [%0], [%1, {%2, %3}], [%4];"
               ::"r"(to), "l"(m), "r"(c0), "r"(c1), "r"(bar) : "memory");
}
DEVICE void load_box(u32 to, const Map *m, u32 bar, int c0, int c1, int c2, int c3) {
  asm volatile("cp.async.bulk.tensor.4d.shared::cluster.global.tile.mbarrier::complete_tx::bytes [%0], [%1, {%2, %3, %4, %5}], [%6];"
               ::"r"(to), "l"(m), "r"(c0), "r"(c1), "r"(c2), "r"(c3), "r"(bar) : "memory");
}
DEVICE void warp_barrier() { asm volatile("bar.warp.sync 0xffffffff;" ::: "memory"); }
// A warpgroup gives registers up, or takes some that others gave up.
template <int N> DEVICE void fewer_registers() { asm volatile("setmaxnreg.dec.sync.aligned.u32 %0;" ::"n"(N)); }
template <int N> DEVICE void more_registers() { asm volatile("setmaxnreg.inc.sync.aligned.u32 %0;" ::"n"(N)); }
#endif

// wait waits until the phase of that parity is over, for about `patience` milliseconds,
// and reports whether it came. Who waited in vain calls give_up and leaves the kernel:
// stop[0] makes the others leave, and stop[1] tells the host why.
DEVICE bool wait(u32 at, u32 parity, u32 patience) {
  if (passed(at, parity)) return true;
  const u64 since = nanoseconds();
  do {
    if (passed(at, parity)) return true;
  } while (nanoseconds() - since < (u64)patience * 1000000);
  return false;
}
DEVICE void give_up(const u32 *stop) {
  volatile u32 *words = (volatile u32 *)stop;
  words[1] = 1;
  words[0] = 1;
}

// A Ring counts round stages: which is next, and the parity of its phase.
template <int Stages> struct Ring {
  u32 stage = 0, parity = 0;
  MEMBER void next() {
    if (++stage == Stages) stage = 0, parity ^= 1;
  }
};

// Matrices lie in shared memory in rows of 128 bytes, 64 numbers, swizzled by 128 bytes
// as the copy engine does it, from an address that is a multiple of 1024. A descriptor
// tells a product where 16 steps of the sum begin.
//
// rows_at: a matrix whose rows go along the sum (A, and B = wᵀ). 16 numbers on, the
// descriptor is 32 bytes on.
DEVICE u64 rows_at(u32 at) { return (u64)(at >> 4 & 0x3fff) | 1ull << 16 | (1024ull >> 4) << 32 | 1ull << 62; }
// columns_at: a matrix B whose rows are steps of the sum, 64 columns in each; the next 64
// are `apart` bytes on. 16 steps on, the descriptor is 2048 bytes on.
DEVICE u64 columns_at(u32 at, u32 apart) {
  return (u64)(at >> 4 & 0x3fff) | (u64)(apart >> 4) << 16 | (1024ull >> 4) << 32 | 1ull << 62;
}
