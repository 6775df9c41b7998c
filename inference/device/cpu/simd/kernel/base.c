#if defined(__x86_64__)
#include <immintrin.h>
#endif
#define VW 4
#include "build.h"
#include "doors_tile.h"
#include "doors.h"
const kinora_kernels kinora_base = KERNELS;
