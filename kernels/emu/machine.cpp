// The scheduler of emu.h: it switches between the threads of a block.
#include "../include/device.cuh"
#include "hopper.h"
#include "machine.h"

#if !defined(__x86_64__) || defined(_WIN32)
#include <ucontext.h>
#endif

namespace emu {

Block *block;
Thread *self;
Kernel *kernels;

void fail(const char *what, const char *more) {
  fprintf(stderr, "emu: %s%s (block %u, thread %u)\n", what, more, block ? block->index : 0, self ? self->index : 0);
  abort();
}

namespace {

constexpr size_t stack_size = 256 << 10;
Thread *threads;
const Kernel *kernel;
const u64 *arguments;

#if defined(__x86_64__) && !defined(_WIN32)
void *scheduler;
// change saves the callee's registers and the stack pointer, and takes up another.
__attribute__((naked, noinline)) void change(void ** /*save*/, void * /*to*/) {
  asm volatile(
      "pushq %rbp\n pushq %rbx\n pushq %r12\n pushq %r13\n pushq %r14\n pushq %r15\n"
      "movq %rsp, (%rdi)\n movq %rsi, %rsp\n"
      "popq %r15\n popq %r14\n popq %r13\n popq %r12\n popq %rbx\n popq %rbp\n ret\n");
}
void leave() { change(&self->stack_pointer, scheduler); }
void enter() { change(&scheduler, self->stack_pointer); }
void start();
void prepare(Thread &t) {
  void **top = (void **)((char *)t.stack + stack_size);
  *--top = nullptr;  // keeps the stack aligned as after a call
  *--top = (void *)start;
  for (int i = 0; i < 6; i++) *--top = nullptr;
  t.stack_pointer = top;
}
#else
ucontext_t scheduler;
void leave() { swapcontext((ucontext_t *)self->stack_pointer, &scheduler); }
void enter() { swapcontext(&scheduler, (ucontext_t *)self->stack_pointer); }
void start();
void prepare(Thread &t) {
  auto *c = (ucontext_t *)t.stack_pointer;
  if (!c) t.stack_pointer = c = (ucontext_t *)calloc(1, sizeof *c);
  getcontext(c);
  c->uc_stack.ss_sp = t.stack, c->uc_stack.ss_size = stack_size, c->uc_link = &scheduler;
  makecontext(c, start, 0);
}
#endif

void start() {
  kernel->run(kernel->function, arguments);
  self->done = true;
  leave();
  abort();
}

}  // namespace

void yield() { leave(); }

void run(const Kernel *k, u32 blocks, u32 count, u32 shared_size, const u64 *args) {
  if (!threads) {
    threads = new Thread[1024];
    for (u32 i = 0; i < 1024; i++) threads[i].stack = malloc(stack_size);
  }
  if (count % 32 || count > 1024) fail("a block is whole warps, and at most 1024 threads");
  if (count != k->threads) fail("another number of threads than the kernel was made for: ", k->name);
  kernel = k, arguments = args;
  static u32 launches;
  launches++;
  Block b;
  block = &b;
  b.count = blocks, b.threads = count, b.shared_size = shared_size;
  for (b.index = 0; b.index < blocks; b.index++) {
    b.shared = (char *)aligned_alloc(128, (shared_size + 127) / 128 * 128);
    if (shared_size) memset(b.shared, 0xff, shared_size);
    guard(b.shared, shared_size);
    // every block has its luck: where its memory begins, and what is said below
    u32 mode = launches * 0x9e3779b1u + b.index * 0x85ebca77u;
    mode = (mode ^ mode >> 15) * 0xc2b2ae3du;
    mode ^= mode >> 13;
    b.base = 1024 + mode / 8 % 8 * 128;
    b.arrived = b.any = 0;
    for (Warp &w : b.warps) w.count = 0;
    for (u32 i = 0; i < count; i++) {
      Thread &t = threads[i];
      t.index = i, t.turn = nullptr, t.done = false, t.pending = t.group = 0;
      prepare(t);
    }
    // Each warp goes on as far as it can before the next: from the front in one
    // block, from the back in another, and with copies that arrive at once or as
    // late as they may, so that an order no barrier keeps shows.
    b.early = mode & 2;
    hopper_begin((mode & 12) == 0);
    for (u32 left = count; left;) {
      bool any = false;
      for (u32 j = 0; j < count / 32; j++) {
        const u32 warp = mode & 1 ? count / 32 - 1 - j : j;
        for (bool moved = true; moved; any |= moved) {
          moved = false;
          for (u32 i = 0; i < 32; i++) {
            Thread &t = threads[warp * 32 + (mode & 1 ? 31 - i : i)];
            if (t.done || (t.turn && *t.turn == t.seen)) continue;
            t.turn = nullptr, self = &t, moved = true;
            enter();
            if (t.done) left--;
          }
        }
      }
      if (!any && !hopper_idle()) fail("threads wait for others that will not come, in ", k->name);
    }
    hopper_end();
    unguard(b.shared, shared_size);
    free(b.shared);
  }
  block = nullptr, self = nullptr;
}

}  // namespace emu
