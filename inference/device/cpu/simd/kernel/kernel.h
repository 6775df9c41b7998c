// The doors of the kernels: one table for each instruction set. Sizes come as
// arrays of int64, so that no struct with pointers crosses from Go.
#ifndef KINORA_KERNEL_H
#define KINORA_KERNEL_H
#include <stdint.h>

typedef struct {
  int64_t tile_rows, panel; // most rows of a left panel, columns of a right one
  int64_t unit, stream_cols; // rows that stream takes together, and columns
  void (*pack_left)(const int64_t *n, const float *a, float *out);
  void (*copy_left)(const int64_t *n, const float *a, float *out);
  void (*pack_right)(const int64_t *n, const void *w, float *out);
  void (*gemm)(const int64_t *n, const float *a, const float *b, const void *raw, const float *bias, const float *gate, const float *tail,
               float *c);
  void (*gemv)(const int64_t *n, const float *a, const void *w, const float *bias, const float *gate, const float *tail, float *c);
  void (*pack_across)(const int64_t *n, const float *a, float *out);
  void (*stream)(const int64_t *n, const float *a, const void *w, const void *then, const float *bias, const float *gate, const float *tail,
                 float *sums, float *c);
  int64_t (*conv_scratch)(const int64_t *n);
  void (*conv)(const int64_t *n, const float *x, const float *cache, const float *w, const float *bias, const float *tail, float *y,
               float *scratch);
  int64_t (*planar_scratch)(const int64_t *n);
  void (*conv_planar)(const int64_t *n, const float *x, const float *cache, const float *left, const float *bias, const float *tail,
                      float *y, float *scratch);
  int64_t (*attention_scratch)(int64_t d);
  void (*attention)(const int64_t *n, float scale, const float *q, const float *k, const float *v, const float *bias, float *out,
                    float *scratch);
  void (*norm)(const int64_t *n, double eps, const float *x, const float *weight, const float *bias, const float *scale,
               const float *shift, float *y);
  void (*softmax)(int64_t dim, int64_t lo, int64_t hi, const float *x, float *y);
  void (*act)(int64_t act, int64_t n, const float *x, float *y);
  void (*pair)(int64_t op, int64_t n, const float *x, const float *y, float *d);
  void (*muladd)(int64_t n, const float *x, const float *y, const float *g, float *d);
  void (*modulate)(int64_t n, const float *x, const float *scale, const float *shift, float *d);
  void (*rope)(int64_t heads, int64_t d, const float *x, const float *cs, const float *sn, float *y);
  void (*widen)(int64_t type, int64_t n, const void *src, float *dst);
  double (*peak)(int64_t n, float *out);
  void (*round_pairs)(int64_t rows, int64_t k, const float *a, int64_t lda, float *out, int64_t ldo);
} kinora_kernels;

// Null where the machine this is built for has no such instructions.
extern const kinora_kernels kinora_base;
extern const kinora_kernels *const kinora_avx2, *const kinora_avx512;
// Multiplies words of two bfloat16 numbers: it has round_pairs, the doors of tiles, whose
// words are then such pairs, and peak only.
extern const kinora_kernels *const kinora_avx512bf16;
#endif
