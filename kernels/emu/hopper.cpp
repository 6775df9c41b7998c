#include "../include/device.cuh"
#include "hopper.h"
#include "machine.h"
#include <deque>
#include <map>
#include <string>
#include <vector>

namespace emu {
namespace {

// barriers

struct Barrier {
  u32 arrivals, left, phase = 0;
  long long bytes = 0;
  u32 turn = 0;
};
struct Box {
  Tensor tensor;
  u32 to, bar;
  int at[5];
};
std::map<u32, Barrier> barriers;
std::deque<Box> boxes;         // on their way
std::map<const void *, bool> acquired;
bool unseen, in_order, lost;  // barriers the copy engine has not seen; copies arrive as they were asked for; one was lost
u64 dice = 1;                 // else in any order
u32 woken;                      // how often waiters were told so
u32 budget[32];                 // registers of each warp's threads, 0: as compiled
u32 nth;                        // of all boxes of the process

// losing is which box never comes, counted from 1, or 0: for tests of giving up.
u32 losing() {
  static const char *v = getenv("KINORA_EMU_LOSE");
  return v ? (u32)atoi(v) : 0;
}

Barrier &barrier_at(u32 at) {
  if (at % 8) fail("a barrier is not aligned");
  auto b = barriers.find(at);
  if (b == barriers.end()) fail("a barrier was not made");
  return b->second;
}

void settle(Barrier &b) {
  if (b.left || b.bytes) return;
  b.left = b.arrivals, b.phase ^= 1, b.turn++;
}

void come(Barrier &b) {
  if (b.left == 0) fail("more threads arrive at a barrier than its phase has");
  b.left--;
  settle(b);
}

void in_shared(u32 at, u32 bytes) {
  if (at < block->base || at - block->base + bytes > block->shared_size) fail("an address is outside of shared memory");
}

// swizzled is where the hardware has the byte that without a swizzle were at `at`.
u32 swizzled(u32 at) { return at ^ (at >> 7 & 7) << 4; }

u32 bytes_of(const Tensor &t) {
  u32 n = 2;
  for (u32 i = 0; i < t.rank; i++) n *= t.box[i];
  return n;
}

void deliver(const Box &x) {
  const Tensor &t = x.tensor;
  for (u32 row = 0; row < bytes_of(t) / 128; row++) {
    u32 rest = row;
    bool in = true;
    const char *from = (const char *)t.address;
    for (u32 i = 1; i < t.rank; i++) {
      const long long at = x.at[i] + (long long)(rest % t.box[i]);
      rest /= t.box[i];
      in = in && at >= 0 && (u64)at < t.size[i];
      from += at * (long long)t.stride[i - 1];
    }
    u16 numbers[64] = {};
    for (long long c = 0; in && c < 64; c++)
      if (x.at[0] + c >= 0 && (u64)(x.at[0] + c) < t.size[0]) memcpy(numbers + c, from + 2 * (x.at[0] + c), 2);
    for (u32 c = 0; c < 64; c += 8) memcpy(shared_memory(swizzled(x.to + row * 128 + 2 * c)), numbers + c, 16);
  }
  Barrier &b = barrier_at(x.bar);
  b.bytes -= bytes_of(t);
  settle(b);
}

// products

struct Sum {                       // registers that products write
  float *of[128] = {};             // each thread's
  u64 last[128] = {};              // the number of the last product it asked for, + 1
  u32 n = 0;
  std::vector<float> value;        // [64][n]
};
struct Product {
  u32 n, asked = 0, sum = 0;
  const u32 *a[128] = {};
  u64 a_at, b_at;
  bool add, turned, done = false;
  float (*wide)(u16);
  std::vector<float> early_a;      // what registers held, [64][16]
};
struct Warpgroup {
  std::deque<Product> products;    // number `gone` first
  u64 gone = 0, next[128] = {}, waited[128] = {};  // how many each thread has asked for, and waited for
  std::vector<Sum> sums;
  std::vector<u64> groups[128];    // where each thread's open runs end
  bool fenced[128] = {}, open[128] = {};
  u32 turn = 0;
};
Warpgroup warpgroups[8];

Warpgroup &own_group() { return warpgroups[self->index / 128]; }

const u32 untouched = 0xffe55aa5;  // a NaN that nothing computes

void read_a(const Product &p, std::vector<float> &A) {
  A.resize(64 * 16);
  for (u32 t = 0; t < 128; t++)
    for (u32 r = 0; r < 4; r++)
      for (u32 i = 0; i < 2; i++)
        A[(t / 32 * 16 + t % 32 / 4 + r % 2 * 8) * 16 + t % 4 * 2 + r / 2 * 8 + i] = p.wide((u16)(p.a[t][r] >> 16 * i));
}

// number reads the number of a matrix at (major, k): major is the row of a, or the
// column of b. The descriptor says where: start, leading and stride offset, and a swizzle
// that works on the address itself.
float number_at(u64 descriptor, bool turned, u32 major, u32 k, float (*wide)(u16)) {
  const u32 start = (descriptor & 0x3fff) << 4, leading = (descriptor >> 16 & 0x3fff) << 4, stride = (descriptor >> 32 & 0x3fff) << 4;
  u32 at = start;
  if (turned) at += major / 64 * leading + major % 64 * 2 + k / 8 * stride + k % 8 * 128;
  else at += major / 8 * stride + major % 8 * 128 + k * 2;
  at = swizzled(at);
  in_shared(at, 2);
  u16 v;
  memcpy(&v, shared_memory(at), 2);
  return wide(v);
}

void check_descriptor(u64 d, bool turned) {
  if (d >> 62 != 1) fail("a descriptor is not of the 128-byte swizzle");
  if (d >> 49 & 7) fail("a descriptor has a base offset");
  if (d & ~(0x3fffull | 0x3fffull << 16 | 0x3fffull << 32 | 3ull << 62)) fail("a descriptor has bits that mean nothing");
  const u32 start = (d & 0x3fff) << 4;
  if (start & 0x380) fail("a matrix does not begin where its swizzle begins");
  if (turned && start & 0x70) fail("a turned matrix begins inside of a row");
  if ((d >> 32 & 0x3f) || (turned && (d >> 16 & 0x3f))) fail("a descriptor's offsets are not of whole swizzles");
}

// multiply is most of what the machine does: it is compiled for speed, and looks at its
// own memory only.
#if defined(__clang__)
__attribute__((no_sanitize("address", "undefined")))
#else
__attribute__((no_sanitize("address", "undefined"), optimize("O3")))
#endif
void multiply(const float *A, const float *B, float *value, u32 n, bool add) {
  float row[256];
  for (u32 r = 0; r < 64; r++) {
    for (u32 c = 0; c < n; c++) row[c] = 0;
    for (u32 k = 0; k < 16; k++) {
      const float a = A[r * 16 + k], *b = B + k * n;
      for (u32 c = 0; c < n; c++) row[c] += a * b[c];
    }
    for (u32 c = 0; c < n; c++) value[r * n + c] = row[c] + (add ? value[r * n + c] : 0.f);
  }
}

void compute(Warpgroup &g, Product &p) {
  Sum &s = g.sums[p.sum];
  std::vector<float> A, B(16 * p.n);
  if (p.a[0]) {
    if (p.early_a.size()) A = p.early_a;
    else read_a(p, A);
  } else {
    A.resize(64 * 16);
    for (u32 r = 0; r < 64; r++)
      for (u32 k = 0; k < 16; k++) A[r * 16 + k] = number_at(p.a_at, false, r, k, p.wide);
  }
  for (u32 k = 0; k < 16; k++)
    for (u32 c = 0; c < p.n; c++) B[k * p.n + c] = number_at(p.b_at, p.turned, c, k, p.wide);
  multiply(A.data(), B.data(), s.value.data(), p.n, p.add);
  p.done = true;
}

// upto computes the products that all have asked for, to number `end` at most.
void upto(Warpgroup &g, u64 end) {
  for (u64 i = g.gone; i < end && i < g.gone + g.products.size(); i++) {
    Product &p = g.products[i - g.gone];
    if (p.asked < 128) return;
    if (!p.done) compute(g, p);
  }
}

u32 place(u32 t, u32 n, u32 i) {  // of register i of thread t in [64][n]
  return (t / 32 * 16 + t % 32 / 4 + i % 4 / 2 * 8) * n + i / 4 * 8 + t % 4 * 2 + i % 2;
}

}  // namespace

void barrier_init(u32 at, u32 arrivals) {
  in_shared(at, 8);
  if (at % 8 || arrivals == 0) fail("a barrier is not aligned, or of no arrivals");
  if (barriers.count(at)) fail("a barrier is made twice");
  Barrier b;
  b.arrivals = b.left = arrivals;
  barriers[at] = b;
  unseen = true;
}

void barriers_made() { unseen = false; }

void barrier_expect(u32 at, u32 bytes) {
  Barrier &b = barrier_at(at);
  b.bytes += bytes;
  if (b.bytes >= 1 << 20) fail("a barrier expects too many bytes");
  come(b);
}

void barrier_arrive(u32 at) { come(barrier_at(at)); }

bool barrier_passed(u32 at, u32 parity) {
  if (parity > 1) fail("a parity is 0 or 1");
  for (;;) {
    Barrier &b = barrier_at(at);
    if (b.phase != parity) return true;
    if (lost) return false;
    self->turn = &b.turn, self->seen = b.turn;
    yield();
  }
}

u64 nanoseconds() {
  static u64 now;
  return now += 50000000;
}

void map_acquire(const void *map) { acquired[map] = true; }

void load_box(u32 to, const void *map, u32 bar, const int *at, u32 rank) {
  Box x;
  if ((uintptr_t)map % 64) fail("a map is not aligned");
  if (!acquired.count(map)) fail("a map was not acquired");
  if (unseen) fail("barriers were not shown to the copy engine");
  memcpy(&x.tensor, map, sizeof x.tensor);
  const Tensor &t = x.tensor;
  if (t.magic != tensor_magic || t.rank != rank) fail("no map of that rank");
  if (t.address % 16 || t.box[0] != 64) fail("a map that would have been refused, or rows that are not of 128 bytes");
  for (u32 i = 0; i < rank; i++)
    if (t.size[i] == 0 || t.size[i] >> 32 || t.box[i] == 0 || t.box[i] > 256 || (i && (t.stride[i - 1] % 16 || t.stride[i - 1] >> 40)))
      fail("a map that would have been refused");
  if (to % 1024) fail("a box does not begin where its swizzle begins");
  in_shared(to, bytes_of(t));
  barrier_at(bar);
  x.to = to, x.bar = bar;
  memcpy(x.at, at, rank * sizeof *at);
  memset(shared_memory(to), 0xff, bytes_of(t));
  if (++nth == losing()) {
    lost = true;
    return;
  }
  if (block->early) deliver(x);
  else boxes.push_back(x);
}

// A warp's registers when it has not asked for others.
u32 compiled() { return 65536 / block->threads / 8 * 8; }

void registers(u32 count, bool more) {
  if (count % 8 || count < 24 || count > 256) fail("no such number of registers");
  u32 &have = budget[self->index / 32];
  const u32 now = have ? have : compiled();
  if (more ? count < now : count > now) fail("registers change the other way");
  have = count;
}

void wgmma_fence() {
  Warpgroup &g = own_group();
  g.fenced[self->index % 128] = true;
}

void wgmma(float *d, u32 n, const u32 *a, u64 a_at, u64 b_at, bool add, bool b_turned, float (*wide)(u16)) {
  if (block->threads % 128) fail("a warpgroup is 4 warps");
  if (n % 8 || n > 256) fail("no product of that width");
  Warpgroup &g = own_group();
  const u32 t = self->index % 128;
  if (!g.fenced[t]) fail("a product without a fence before it");
  g.open[t] = true;
  if (!a) check_descriptor(a_at, false);
  check_descriptor(b_at, b_turned);
  const u64 number = g.next[t]++;
  if (number - g.gone == g.products.size()) {
    Product p{};
    p.n = n, p.a_at = a_at, p.b_at = b_at, p.add = add, p.turned = b_turned, p.wide = wide;
    // the sum is the one whose registers this thread has given before, or a new one
    p.sum = g.sums.size();
    for (u32 i = 0; i < g.sums.size(); i++)
      if (g.sums[i].of[t] == d && g.sums[i].n == n) p.sum = i;
    if (p.sum == g.sums.size()) {
      g.sums.emplace_back();
      g.sums.back().n = n;
      g.sums.back().value.resize(64 * n);
    }
    g.products.push_back(p);
  }
  Product &p = g.products[number - g.gone];
  if (p.n != n || p.a_at != a_at || p.b_at != b_at || p.add != add || p.turned != b_turned) fail("threads of a warpgroup ask for different products");
  Sum &s = g.sums[p.sum];
  if (s.of[t] && s.of[t] != d) fail("threads of a warpgroup name different sums");
  s.of[t] = d;
  p.a[t] = a;
  if (s.last[t] == 0)  // not in flight: the registers are the sum
    for (u32 i = 0; i < n / 2; i++) s.value[place(t, n, i)] = d[i];
  for (u32 i = 0; i < n / 2; i++) memcpy(d + i, &untouched, 4);
  s.last[t] = number + 1;
  if (++p.asked == 128) {
    if (block->early) {
      if (a) read_a(p, p.early_a);
      upto(g, number + 1);
    }
    g.turn++;
  }
}

void wgmma_commit() {
  Warpgroup &g = own_group();
  const u32 t = self->index % 128;
  g.groups[t].push_back(g.next[t]);
  g.fenced[t] = g.open[t] = false;
}

void wgmma_wait(u32 open) {
  Warpgroup &g = own_group();
  const u32 t = self->index % 128;
  if (g.open[t]) fail("products are waited for before their run ends");
  g.fenced[t] = false;
  auto &runs = g.groups[t];
  if (runs.size() <= open) return;
  const u64 end = runs[runs.size() - open - 1];
  runs.erase(runs.begin(), runs.end() - open);
  for (;;) {
    upto(g, end);
    bool done = true;
    for (u64 i = g.gone; i < end; i++) done = done && g.products[i - g.gone].done;
    if (done) break;
    self->turn = &g.turn, self->seen = g.turn;
    yield();
  }
  for (Sum &s : g.sums) {
    if (!s.of[t] || s.last[t] == 0) continue;
    for (u32 i = 0; i < s.n / 2; i++)
      if (memcmp(s.of[t] + i, &untouched, 4)) fail("sums were touched while products ran");
    if (s.last[t] > end) continue;
    for (u32 i = 0; i < s.n / 2; i++) s.of[t][i] = s.value[place(t, s.n, i)];
    s.last[t] = 0;
  }
  g.waited[t] = end;
  u64 least = end;
  for (u64 w : g.waited) least = w < least ? w : least;
  while (g.gone < least) g.products.pop_front(), g.gone++;
}

void hopper_begin(bool ordered) {
  barriers.clear(), boxes.clear(), acquired.clear();
  unseen = lost = false, in_order = ordered, woken = 0;
  memset(budget, 0, sizeof budget);
  for (Warpgroup &g : warpgroups) g = Warpgroup();
}

bool hopper_idle() {
  if (boxes.empty()) {
    if (!lost) {
      for (auto &[at, b] : barriers)
        fprintf(stderr, "emu: barrier at %u waits for %u arrivals and %lld bytes\n", at, b.left, b.bytes);
      return false;
    }
    for (auto &[at, b] : barriers) b.turn++;
    return ++woken < 1000;
  }
  dice = dice * 6364136223846793005u + 1442695040888963407u;
  const auto at = boxes.begin() + (in_order ? 0 : (dice >> 33) % boxes.size());
  const Box x = *at;
  boxes.erase(at);
  deliver(x);
  return true;
}

void hopper_end() {
  if (lost) return;
  if (boxes.size()) fail("a block ends before its copies");
  u32 all = 0;
  for (u32 w = 0; w < block->threads / 32; w++) {
    if (budget[w] != budget[w / 4 * 4]) fail("warps of a warpgroup have different numbers of registers");
    all += 32 * (budget[w] ? budget[w] : compiled());
  }
  if (all > 65536) fail("warpgroups have more registers than there are");
  for (Warpgroup &g : warpgroups)
    for (auto &runs : g.groups)
      if (runs.size()) fail("a block ends before its products");
}

}  // namespace emu
