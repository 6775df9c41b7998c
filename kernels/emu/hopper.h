// What the machine of emu.h has of compute capability 9.0: barriers in shared memory,
// the copy engine and the products of warpgroups, by the PTX manual. Copies and products
// are done as early as they may be in some blocks and as late in others; until then the
// memory and the registers they write read as NaN. What is wrong ends the program:
// barriers that are not made or are arrived at too often, bytes that no phase expects,
// maps that were not acquired, boxes and descriptors that are not aligned, sums that are
// touched before they are waited for, warps of a warpgroup that do not do the same.
#pragma once
#include "emu.h"

namespace emu {

void barrier_init(u32 at, u32 arrivals);
void barriers_made();
void barrier_expect(u32 at, u32 bytes);
void barrier_arrive(u32 at);
// barrier_passed waits; it says no only where `losing` has lost what was waited for.
bool barrier_passed(u32 at, u32 parity);
u64 nanoseconds();

// A Tensor is how this machine writes a Map; package emulated makes them.
struct Tensor {
  u64 magic, address;
  u64 size[5], stride[4];  // numbers, innermost first; bytes
  u32 box[5], rank;
};
constexpr u64 tensor_magic = 0x6b696e6f7261746d;
void map_acquire(const void *map);
void load_box(u32 to, const void *map, u32 bar, const int *at, u32 rank);

void registers(u32 count, bool more);

void wgmma_fence();
void wgmma_commit();
void wgmma_wait(u32 open);
// wgmma is d [64, n] (+)= a·b, a in registers or by descriptor.
void wgmma(float *d, u32 n, const u32 *a, u64 a_at, u64 b_at, bool add, bool b_turned, float (*wide)(u16));

// For the scheduler: a block begins; nothing can go on (is there something to deliver?);
// all threads have left.
void hopper_begin(bool in_order);
bool hopper_idle();
void hopper_end();

}  // namespace emu
