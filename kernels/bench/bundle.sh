#!/bin/sh
# Puts everything that a machine with a GPU needs and has not into bin/gpu.tar.xz:
# the tests and the bench as programs, for one where there is no Go. Run from the
# repository's root; then carry the repository with that file over, and run
# kernels/bench/run.sh there. What the tests read lies in the repository.
set -e
export C_INCLUDE_PATH="$PWD/inference/device/cuda/driver/include"
export GOFLAGS="$GOFLAGS -buildvcs=false"
out=bin/gpu
mkdir -p $out
go build -tags cuda -trimpath -ldflags "-s -w" -o $out/bench ./kernels/bench
go build -tags cuda -trimpath -ldflags "-s -w" -o $out/fullsize ./inference/bench/fullsize
for p in inference/device/devicetest/choose inference/families/wan inference/pipeline; do
	go test -c -tags cuda -trimpath -ldflags "-s -w" -o $out/$(basename $p).test ./$p
done
(cd bin && tar cf - gpu/bench gpu/fullsize gpu/choose.test gpu/wan.test gpu/pipeline.test | xz -T1 -6e >gpu.tar.xz)
ls -l $out bin/gpu.tar.xz
echo "needs $(objdump -T $out/* 2>/dev/null | grep -o 'GLIBC_[0-9.]*' | sort -Vu | tail -1)"
