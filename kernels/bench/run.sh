#!/bin/sh
# Everything there is to see on a machine with a GPU, in one call: first whether
# the results are right, then how fast they come, then PyTorch beside it. Results
# go to $OUT, or bin/gpu/results. kernels/bench/bundle.sh makes what this runs.
#   run.sh [test|sanitize|bench|torch …]      all but sanitize by default
root=$(cd "$(dirname "$0")/../.." && pwd)
gpu=$root/bin/gpu
OUT=${OUT:-$gpu/results}
mkdir -p "$OUT"
parts=${*:-test bench torch}
export KINORA_TEST_DEVICE=cuda
nvidia-smi --query-gpu=name,driver_version,clocks.sm,power.draw,temperature.gpu --format=csv | tee "$OUT/machine.txt"
failed=0
tests() { # name, folder
	(cd "$root/$2" && timeout 300 $3 "$gpu/$1.test" -test.v) >"$OUT/$1$4.log" 2>&1 || failed=1
	grep -E '^(--- |    --- |        --- |ok|PASS|FAIL|panic)' "$OUT/$1$4.log" | grep -vE '^ +--- PASS' | tail -30
	grep -E 'cancelled inside' "$OUT/$1$4.log"
}
for part in $parts; do
	echo "== $part"
	case $part in
	test)
		tests choose inference/device/devicetest/choose
		tests wan inference/families/wan
		tests pipeline inference/pipeline
		;;
	sanitize)
		for tool in memcheck racecheck synccheck initcheck; do
			echo "-- $tool"
			(cd "$root/inference/device/devicetest/choose" && timeout 280 compute-sanitizer --tool $tool --error-exitcode 9 \
				"$gpu/choose.test" -test.run 'TestOperations') >"$OUT/$tool.log" 2>&1 || failed=1
			tail -4 "$OUT/$tool.log"
		done
		;;
	bench) timeout 400 "$gpu/bench" -o "$OUT/bench.jsonl" 2>&1 | tee "$OUT/bench.txt" ;;
	torch) timeout 500 python3 "$root/kernels/bench/torch.py" "$OUT/torch.jsonl" 2>&1 | tee "$OUT/torch.txt" ;;
	esac
done
exit $failed
