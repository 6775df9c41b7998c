#!/bin/sh
# Puts everything that a machine with a GPU needs into bin/gpu, for one where
# there is no Go: the tests and the bench as programs. Run from the repository's
# root; then carry the repository with bin/gpu over and run kernels/bench/run.sh.
set -e
export CGO_CFLAGS="-I$PWD/inference/device/cuda/driver/include"
out=bin/gpu
mkdir -p $out
go build -tags cuda -trimpath -ldflags "-s -w" -o $out/bench ./kernels/bench
for p in inference/device/devicetest/choose inference/families/wan inference/pipeline; do
	go test -c -tags cuda -trimpath -ldflags "-s -w" -o $out/$(basename $p).test ./$p
done
ls -l $out
