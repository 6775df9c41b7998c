#include "kernel.h"
#if defined(__x86_64__)
#include "windows.h"
#include <immintrin.h>
#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2,fma,f16c"))), apply_to = function)
#else
#pragma GCC target("avx2,fma,f16c")
#endif
#define VW 8
#include "build.h"
#include "doors_tile.h"
#include "doors.h"
#if defined(__clang__)
#pragma clang attribute pop
#endif
static const kinora_kernels table = KERNELS;
const kinora_kernels *const kinora_avx2 = &table;
#else
const kinora_kernels *const kinora_avx2 = 0;
#endif
