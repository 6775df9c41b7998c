// A driver that keeps the GPU's memory on the host and runs no kernel: a launch
// writes down its name and arguments. Enough for what is
// between Go and a driver: handles, arguments, order, errors.
#include "../include/cuda.h"
#include <stdio.h>
#include <string.h>

static int recording, fail_next;
// say appends to the file that FAKE_LOG names.
static void say(const char *s) {
  FILE *f = fopen(getenv("FAKE_LOG"), "a");
  if (!f) abort();
  fputs(s, f);
  fclose(f);
}

CUresult cuInit(unsigned f) { (void)f; return getenv("FAKE_NO_GPU") ? 100 : 0; }
CUresult cuDriverGetVersion(int *v) { *v = getenv("FAKE_OLD") ? 11020 : 12040; return 0; }
CUresult cuDeviceGetCount(int *n) { *n = 1; return 0; }
CUresult cuDeviceGet(CUdevice *d, int i) { *d = i; return 0; }
CUresult cuDeviceGetName(char *s, int n, CUdevice d) { (void)d; snprintf(s, n, "Fake RTX"); return 0; }
CUresult cuDeviceGetAttribute(int *v, CUdevice_attribute a, CUdevice d) {
  (void)d;
  switch ((int)a) {
    case 75: *v = getenv("FAKE_HOPPER") ? 9 : 8; break;
    case 76: *v = getenv("FAKE_HOPPER") ? 0 : 6; break;
    case 16: *v = 28; break;
    case 97: *v = getenv("FAKE_HOPPER") ? 232448 : 101376; break;
    default: *v = 1000;
  }
  return 0;
}
CUresult cuDevicePrimaryCtxRetain(CUcontext *c, CUdevice d) { (void)d; *c = malloc(16); return 0; }
CUresult cuDevicePrimaryCtxRelease_v2(CUdevice d) { (void)d; say("release;"); return 0; }
CUresult cuDevicePrimaryCtxReset_v2(CUdevice d) { (void)d; say("reset;"); return 0; }
CUresult cuCtxSetCurrent(CUcontext c) { (void)c; return 0; }
CUresult cuStreamCreate(CUstream *s, unsigned f) { (void)f; *s = malloc(16); return 0; }
CUresult cuStreamDestroy_v2(CUstream s) { free(s); return 0; }
CUresult cuStreamSynchronize(CUstream s) { (void)s; return fail_next ? 700 : 0; }
CUresult cuStreamWaitEvent(CUstream s, CUevent e, unsigned f) { (void)s, (void)e, (void)f; return 0; }
CUresult cuEventCreate(CUevent *e, unsigned f) { (void)f; *e = malloc(16); return 0; }
CUresult cuEventDestroy_v2(CUevent e) { free(e); return 0; }
CUresult cuEventRecord(CUevent e, CUstream s) { (void)e, (void)s; return 0; }
CUresult cuEventQuery(CUevent e) { static int n; (void)e; return n++ % 2 ? 0 : 600; }
CUresult cuMemGetInfo_v2(size_t *f, size_t *t) { *f = 6u << 28, *t = 8u << 28; return 0; }
CUresult cuMemAlloc_v2(CUdeviceptr *p, size_t n) {
  if (n > (6u << 28)) return 2;
  *p = (CUdeviceptr)(uintptr_t)malloc(n);
  return 0;
}
CUresult cuMemFree_v2(CUdeviceptr p) { free((void *)(uintptr_t)p); return 0; }
CUresult cuMemHostAlloc(void **p, size_t n, unsigned f) { (void)f; *p = malloc(n); return 0; }
CUresult cuMemFreeHost(void *p) { free(p); return 0; }
CUresult cuMemcpyHtoDAsync_v2(CUdeviceptr d, const void *s, size_t n, CUstream t) { (void)t; memcpy((void *)(uintptr_t)d, s, n); return 0; }
CUresult cuMemcpyDtoHAsync_v2(void *d, CUdeviceptr s, size_t n, CUstream t) { (void)t; memcpy(d, (void *)(uintptr_t)s, n); return 0; }
CUresult cuMemcpyDtoDAsync_v2(CUdeviceptr d, CUdeviceptr s, size_t n, CUstream t) { (void)t; memmove((void *)(uintptr_t)d, (void *)(uintptr_t)s, n); return 0; }
CUresult cuMemsetD8Async(CUdeviceptr d, unsigned char v, size_t n, CUstream t) { (void)t; memset((void *)(uintptr_t)d, v, n); return 0; }
CUresult cuModuleLoadData(CUmodule *m, const void *p) {
  // an old driver refuses machine code it does not know
  if (getenv("FAKE_PTX_ONLY") && memcmp(p, "\x7f" "ELF", 4) == 0) return 209;
  say(memcmp(p, "\x7f" "ELF", 4) ? "load ptx;" : "load machine code;");
  *m = malloc(16);
  return 0;
}
CUresult cuModuleUnload(CUmodule m) { free(m); return 0; }
CUresult cuModuleGetFunction(CUfunction *f, CUmodule m, const char *n) { (void)m; *f = (CUfunction)strdup(n); return 0; }
CUresult cuFuncSetAttribute(CUfunction f, CUfunction_attribute a, int v) {
  char s[128];
  snprintf(s, sizeof s, "%s attribute %d = %d;", (char *)f, (int)a, v);
  say(s);
  return 0;
}
CUresult cuLaunchKernel(CUfunction f, unsigned gx, unsigned gy, unsigned gz, unsigned bx, unsigned by, unsigned bz, unsigned sh,
                        CUstream t, void **p, void **x) {
  char s[256];
  (void)gy, (void)gz, (void)by, (void)bz, (void)t, (void)x;
  snprintf(s, sizeof s, "%s%s %ux%u shared %u arguments %llu %llu;", recording ? "record " : "", (char *)f, gx, bx, sh,
           *(unsigned long long *)p[0], *(unsigned long long *)p[1]);
  say(s);
  if (!strcmp((char *)f, "copy") && gx == 666) fail_next = 1;
  return 0;
}
CUresult cuStreamBeginCapture_v2(CUstream s, CUstreamCaptureMode m) { (void)s, (void)m; recording = 1; return 0; }
CUresult cuStreamEndCapture(CUstream s, CUgraph *g) { (void)s; recording = 0; *g = malloc(16); return 0; }
CUresult cuGraphInstantiateWithFlags(CUgraphExec *e, CUgraph g, unsigned long long f) { (void)g, (void)f; *e = malloc(16); return 0; }
CUresult cuGraphDestroy(CUgraph g) { free(g); return 0; }
CUresult cuGraphLaunch(CUgraphExec e, CUstream s) { (void)e, (void)s; say("replay;"); return 0; }
CUresult cuGraphExecDestroy(CUgraphExec e) { free(e); return 0; }
#ifndef NO_MAPS
CUresult cuTensorMapEncodeTiled(CUtensorMap *to, CUtensorMapDataType t, cuuint32_t rank, void *at, const cuuint64_t *size, const cuuint64_t *stride,
                                const cuuint32_t *box, const cuuint32_t *step, CUtensorMapInterleave i, CUtensorMapSwizzle s,
                                CUtensorMapL2promotion l, CUtensorMapFloatOOBfill o) {
  char line[256];
  if ((uintptr_t)to % 64 || size[0] == 13) return 1;
  snprintf(line, sizeof line, "map type %d rank %u at %p size %llu %llu stride %llu box %u %u step %u %u modes %d %d %d %d;", (int)t, rank, at,
           (unsigned long long)size[0], (unsigned long long)size[1], (unsigned long long)stride[0], box[0], box[1], step[0], step[1],
           (int)i, (int)s, (int)l, (int)o);
  say(line);
  memset(to, 0x5a, sizeof *to);
  return 0;
}
#endif
CUresult cuGetErrorName(CUresult r, const char **s) { *s = r == 2 ? "CUDA_ERROR_OUT_OF_MEMORY" : "CUDA_ERROR"; return 0; }
