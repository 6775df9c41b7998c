//go:build cuda && (linux || windows)

// The driver's functions, each handing its call on to the library that was opened.
// The program starts without one: until it is open, calls say "not initialised",
// and one that an old driver lacks says "not found".
#include "include/cuda.h"
#include "forward.h"
#include <stdio.h>
#include <string.h>

#ifdef _WIN32
#include <windows.h>
#define HIDDEN
// A bare name is looked for where Windows keeps drivers, not beside the program.
static void *library(const char *name) {
  if (strchr(name, '\\') || strchr(name, '/')) return (void *)LoadLibraryA(name);
  return (void *)LoadLibraryExA(name, NULL, 0x800 /* LOAD_LIBRARY_SEARCH_SYSTEM32 */);
}
static void *symbol(void *lib, const char *name) { return (void *)GetProcAddress((HMODULE)lib, name); }
#else
#include <dlfcn.h>
#define HIDDEN __attribute__((visibility("hidden")))
static void *library(const char *name) { return dlopen(name, RTLD_NOW | RTLD_LOCAL); }
static void *symbol(void *lib, const char *name) { return dlsym(lib, name); }
#endif

#define FORWARD(name, parameters, arguments) F_##name,
enum {
#include "functions.h"
  FUNCTIONS
};
#undef FORWARD

#define FORWARD(name, parameters, arguments) #name,
static const char *const names[] = {
#include "functions.h"
};
#undef FORWARD

static void *table[FUNCTIONS];
static int opened;

#define FORWARD(name, parameters, arguments)                                            \
  HIDDEN CUresult name parameters {                                                     \
    CUresult(*target) parameters = (CUresult(*) parameters)table[F_##name];             \
    if (!target) return opened ? CUDA_ERROR_NOT_FOUND : CUDA_ERROR_NOT_INITIALIZED;     \
    return target arguments;                                                            \
  }
#include "functions.h"
#undef FORWARD

// gorgonia.org/cu calls cuInit when the program starts, and ends the program where
// that fails; so it always succeeds, and kinora_open tells the truth.
HIDDEN CUresult cuInit(unsigned int flags) {
  (void)flags;
  return CUDA_SUCCESS;
}

int kinora_open(const char *name) {
  if (opened) return CUDA_SUCCESS;
  void *lib = library(name);
  if (!lib) return KINORA_NO_LIBRARY;
  CUresult (*init)(unsigned int) = (CUresult(*)(unsigned int))symbol(lib, "cuInit");
  if (!init) return KINORA_NO_LIBRARY;
  CUresult r = init(0);
  if (r != CUDA_SUCCESS) return r;
  for (int i = 0; i < FUNCTIONS; i++) table[i] = symbol(lib, names[i]);
  opened = 1;
  return CUDA_SUCCESS;
}
