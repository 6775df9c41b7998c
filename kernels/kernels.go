// Package kernels carries the compiled CUDA kernels. The sources lie beside it,
// one operation to a file. It does not know how they are launched.
package kernels
