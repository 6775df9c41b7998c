// The emulated machine as a program: it takes commands on its input and answers on
// its output, numbers in the order of the machine's bytes. While a kernel runs, it
// may touch the memory that the launch names and no other.
#include "machine.h"
#include <map>
#include <string>
#include <vector>

namespace {

void get(void *p, size_t n) {
  if (n && fread(p, 1, n, stdin) != n) exit(0);
}
u64 number() {
  u64 v;
  get(&v, 8);
  return v;
}
void put(const void *p, size_t n) {
  fwrite(p, 1, n, stdout);
  fflush(stdout);
}
void answer(u64 v) { put(&v, 8); }

std::map<u64, u64> memory;  // address and size

void launch() {
  std::string name(number(), 0);
  get(name.data(), name.size());
  u64 blocks = number(), threads = number(), shared = number();
  std::vector<u64> arguments(number());
  get(arguments.data(), 8 * arguments.size());
  std::vector<u64> spans(2 * number());
  get(spans.data(), 8 * spans.size());
  const emu::Kernel *k = emu::kernels;
  while (k && name != k->name) k = k->next;
  if (!k) emu::fail("no kernel ", name.c_str());
  if (k->arguments != arguments.size()) emu::fail("another number of arguments for ", k->name);
  for (auto [p, n] : memory) ASAN_POISON_MEMORY_REGION((void *)p, n);
  for (size_t i = 0; i < spans.size(); i += 2) ASAN_UNPOISON_MEMORY_REGION((void *)spans[i], spans[i + 1]);
  emu::run(k, blocks, threads, shared, arguments.data());
  for (auto [p, n] : memory) ASAN_UNPOISON_MEMORY_REGION((void *)p, n);
}

}  // namespace

// Memory that a program left behind is not this one's fault.
extern "C" const char *__asan_default_options() { return "detect_leaks=0"; }

int main() {
  for (;;) {
    char op;
    get(&op, 1);
    switch (op) {
      case 'a': {  // allocate
        u64 n = number(), p = (u64)aligned_alloc(256, (n + 255) / 256 * 256);
        memset((void *)p, 0xff, n);
        ASAN_POISON_MEMORY_REGION((char *)p + n, (n + 255) / 256 * 256 - n);
        memory[p] = n;
        answer(p);
        break;
      }
      case 'f': {
        u64 p = number();
        ASAN_UNPOISON_MEMORY_REGION((void *)p, (memory[p] + 255) / 256 * 256);
        memory.erase(p);
        free((void *)p);
        answer(0);
        break;
      }
      case 'w': {  // write: address, size, bytes
        u64 p = number(), n = number();
        get((void *)p, n);
        answer(0);
        break;
      }
      case 'r': {
        u64 p = number(), n = number();
        put((void *)p, n);
        break;
      }
      case 'c': {  // copy: to, from, size
        u64 to = number(), from = number(), n = number();
        memmove((void *)to, (void *)from, n);
        answer(0);
        break;
      }
      case 'z': {
        u64 p = number(), n = number();
        memset((void *)p, 0, n);
        answer(0);
        break;
      }
      case 'l':
        launch();
        answer(0);
        break;
      default:
        emu::fail("no such command");
    }
  }
}
