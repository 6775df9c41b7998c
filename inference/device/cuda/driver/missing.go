//go:build cuda && (linux || windows)

package driver

// What gorgonia.org/cu lacks, on its handles: recording and replaying streams,
// shared memory above 48 KB, pinned memory, tensor maps; and opening the driver at all.

/*
#cgo CFLAGS: -I${SRCDIR}/include
#cgo linux LDFLAGS: -L${SRCDIR}/lib -ldl
#cgo windows LDFLAGS: -L${SRCDIR}/lib
#include <stdlib.h>
#include <cuda.h>
#include "forward.h"
*/
import "C"

import (
	"errors"
	"fmt"
	"os"
	"unsafe"

	"gorgonia.org/cu"
)

// library is opened in place of the system's driver when the variable
// KINORA_CUDA_DRIVER names one; tests do that.
func openLibrary() error {
	name := libraryName
	if v := os.Getenv("KINORA_CUDA_DRIVER"); v != "" {
		name = v
	}
	c := C.CString(name)
	defer C.free(unsafe.Pointer(c))
	switch r := C.kinora_open(c); r {
	case 0:
		return nil
	case C.KINORA_NO_LIBRARY:
		return errors.New("no NVIDIA driver is installed (" + name + " was not found)")
	case C.CUDA_ERROR_NO_DEVICE:
		return errors.New("the NVIDIA driver finds no GPU")
	case C.CUDA_ERROR_SYSTEM_DRIVER_MISMATCH:
		return errors.New("the NVIDIA driver was updated while in use; restart the computer")
	default:
		return fmt.Errorf("the NVIDIA driver does not start (CUDA error %d)", int(r))
	}
}

func check(call string, r C.CUresult) error {
	if r == C.CUDA_SUCCESS {
		return nil
	}
	e := &Error{Call: call, Name: fmt.Sprint("CUDA error ", int(r)), Code: int(r)}
	var s *C.char
	if C.cuGetErrorName(r, &s) == C.CUDA_SUCCESS && s != nil {
		e.Name = C.GoString(s)
	}
	return e
}

func streamOf(s cu.Stream) C.CUstream       { return C.CUstream(unsafe.Pointer(s.C())) }
func functionOf(f cu.Function) C.CUfunction { return *(*C.CUfunction)(unsafe.Pointer(&f)) }

func beginCapture(s cu.Stream) error {
	return check("begin recording", C.cuStreamBeginCapture(streamOf(s), C.CU_STREAM_CAPTURE_MODE_THREAD_LOCAL))
}

func endCapture(s cu.Stream) (exec unsafe.Pointer, err error) {
	var g C.CUgraph
	if err := check("end recording", C.cuStreamEndCapture(streamOf(s), &g)); err != nil {
		return nil, err
	}
	var e C.CUgraphExec
	err = check("make a graph", C.cuGraphInstantiateWithFlags(&e, g, 0))
	return unsafe.Pointer(e), errors.Join(err, check("drop a recording", C.cuGraphDestroy(g)))
}

func launchGraph(exec unsafe.Pointer, s cu.Stream) error {
	return check("replay", C.cuGraphLaunch(C.CUgraphExec(exec), streamOf(s)))
}

func destroyGraph(exec unsafe.Pointer) error {
	return check("drop a graph", C.cuGraphExecDestroy(C.CUgraphExec(exec)))
}

func allowShared(f cu.Function, bytes int) error {
	return check("ask for shared memory",
		C.cuFuncSetAttribute(functionOf(f), C.CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES, C.int(bytes)))
}

func pinned(n int64) ([]byte, error) {
	var p unsafe.Pointer
	if err := check("pin memory", C.cuMemHostAlloc(&p, C.size_t(n), 0)); err != nil {
		return nil, err
	}
	return unsafe.Slice((*byte)(p), n), nil
}

func sharedLimit(d cu.Device) (int, error) {
	var v C.int
	err := check("ask for the size of shared memory",
		C.cuDeviceGetAttribute(&v, C.CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN, C.CUdevice(d)))
	return int(v), err
}

// encode has the driver make a map. One from before CUDA 12.0 cannot.
func encode(m Map) ([]byte, error) {
	var size, stride [5]C.cuuint64_t
	var box, step [5]C.cuuint32_t
	for i := range m.Size {
		size[i], box[i], step[i] = C.cuuint64_t(m.Size[i]), C.cuuint32_t(m.Box[i]), 1
	}
	for i := range m.Stride {
		stride[i] = C.cuuint64_t(m.Stride[i])
	}
	room := make([]byte, MapSize+64) // Go does not know of multiples of 64
	to := room[-uintptr(unsafe.Pointer(&room[0]))%64:][:MapSize]
	at := uintptr(m.At) // an address of the GPU's, which the function takes as a pointer
	r := C.cuTensorMapEncodeTiled((*C.CUtensorMap)(unsafe.Pointer(&to[0])), C.CU_TENSOR_MAP_DATA_TYPE_UINT16, C.cuuint32_t(len(m.Size)), *(*unsafe.Pointer)(unsafe.Pointer(&at)),
		&size[0], &stride[0], &box[0], &step[0], C.CU_TENSOR_MAP_INTERLEAVE_NONE, C.CU_TENSOR_MAP_SWIZZLE_128B,
		C.CU_TENSOR_MAP_L2_PROMOTION_L2_256B, C.CU_TENSOR_MAP_FLOAT_OOB_FILL_NONE)
	if r == C.CUDA_ERROR_NOT_FOUND {
		return nil, ErrNoMaps
	}
	return to, check("make a tensor map", r)
}
