// Copies from global to shared memory that run beside the computing.
#pragma once
#include "device.cuh"

#ifdef KINORA_EMU
DEVICE u32 shared_address(const void *p) { return emu::shared_address(p); }
DEVICE void copy16(u32 to, const void *from, bool in) { emu::copy_async(to, from, in); }
DEVICE void copies_commit() { emu::copies_commit(); }
template <int N> DEVICE void copies_wait() { emu::copies_wait(N); }
#else
DEVICE u32 shared_address(const void *p) {
  u32 r;
  asm("{ .reg .u64 a; cvta.to.shared.u64 a, %1; cvt.u32.u64 %0, a; }" : "=r"(r) : "l"(p));
  return r;
}
// copy16 begins to copy 16 bytes, or writes 16 zeros where in is false.
DEVICE void copy16(u32 to, const void *from, bool in) {
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(to), "l"(from), "r"(in ? 16 : 0) : "memory");
}
// copies_commit closes a group; copies_wait waits until at most N groups are open.
DEVICE void copies_commit() { asm volatile("cp.async.commit_group;" ::: "memory"); }
template <int N> DEVICE void copies_wait() { asm volatile("cp.async.wait_group %0;" ::"n"(N) : "memory"); }
#endif
