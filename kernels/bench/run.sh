#!/bin/sh
# Everything there is to see on a machine with a GPU: whether the results are right,
# how fast they come, PyTorch beside it, and what the sanitizers say. Tables go to
# standard output, everything else to bin/gpu/results; where OUT names a folder, all
# of it lies there as results.tar.gz after each part. bundle.sh makes what this runs.
# Every part has a limit in seconds, and none waits for another's success.
#   run.sh [test|mma|ptx|sanitize|bench|torch|cold …]      test, bench and torch by default
# DEVICE=emulated or emulated-hopper and SMALL=1 try the script itself where there is no GPU.
root=$(cd "$(dirname "$0")/../.." && pwd)
gpu=$root/bin/gpu
give=$OUT OUT=$gpu/results
mkdir -p "$OUT"
[ -e "$gpu/bench" ] && [ ! "$root/bin/gpu.tar.xz" -nt "$gpu/bench" ] || tar xJmf "$root/bin/gpu.tar.xz" -C "$root/bin"
parts=${*:-test bench torch}
device=${DEVICE:-cuda}
export KINORA_TEST_DEVICE=$device PYTHONUNBUFFERED=1
unset KINORA_TEST_PRECISION KINORA_CUDA_PTX KINORA_TEST_CRASH
failed=0
now() { date +%s; }
began=$(now)
limit() { timeout -k 2 "$@"; }

# part name limit command…: runs, shows what is said, keeps it in $OUT/name.log.
part() {
	name=$1 most=$2
	shift 2
	at=$(now)
	(limit "$most" "$@" 2>&1; echo "$?" >"$OUT/.status") | tee "$OUT/$name.log"
	status=$(cat "$OUT/.status")
	note=ends
	[ "$status" = 0 ] || { failed=1 note="FAILS with $status"; }
	[ "$status" != 124 ] && [ "$status" != 137 ] || note="is CUT OFF"
	echo "-- $name $note after $(($(now) - at)) s"
}

# tests name limit program folder arguments…: as part, but shows verdicts only.
tests() {
	name=$1 most=$2 program=$gpu/$3.test folder=$root/$4
	shift 4
	at=$(now)
	(cd "$folder" && limit "$most" "$program" -test.v "$@") >"$OUT/$name.log" 2>&1
	status=$?
	[ $status = 0 ] || failed=1
	grep -E '^ *--- FAIL|^panic|^fatal|^SIG' "$OUT/$name.log" | head -12
	# what was compared and is within what is allowed is told by its worst only
	awk '/: off by .*, allowed / { n++; s = $0; sub(/.*off by /, "", s); split(s, a, /[ ,]/); r = a[1] / $NF; if (r > w) { w = r; l = $0 } }
		END { if (n) { sub(/^ */, "", l); printf "%d comparisons, the worst at %.2f of what is allowed: %s\n", n, w, l } }' "$OUT/$name.log"
	awk '/_test.go:[0-9]+:/ && (/ element / || !/: off by /)' "$OUT/$name.log" | sed 's/^ *//' | cut -c1-220 | head -14
	echo "-- $name: $(grep -cE '^ *--- PASS' "$OUT/$name.log") pass, $(grep -cE '^ *--- FAIL' "$OUT/$name.log") fail, $(grep -cE '^ *--- SKIP' "$OUT/$name.log") skipped, status $status, $(($(now) - at)) s"
}

sanitizer() { # tool
	if command -v compute-sanitizer >/dev/null; then
		(cd "$root" && limit "${2:-25}" compute-sanitizer --tool "$1" --print-limit 20 --error-exitcode 9 \
			"$gpu/bench" -device "$device" -here all) >"$OUT/$1.log" 2>&1
		status=$?
		[ $status = 0 ] || failed=1
		echo "-- $1: status $status, $(grep -c '"Starts":false' "$OUT/$1.log") operations; $(grep -E 'ERROR SUMMARY|RACECHECK SUMMARY' "$OUT/$1.log" | tail -1)"
		grep -E '^=+ *(Invalid|Error|Warning|Barrier|Program hit|Target|Internal|Race)' "$OUT/$1.log" | sort | uniq -c | sort -rn | head -8
		grep -E 'at .*\+0x' "$OUT/$1.log" | sed 's/^=* *//' | sort | uniq -c | sort -rn | head -6
	else
		echo "-- $1: there is no compute-sanitizer"
	fi
}

nvidia-smi --query-gpu=name,driver_version,clocks.sm,clocks.mem,power.draw,temperature.gpu,memory.used --format=csv,noheader 2>/dev/null | tee "$OUT/machine.txt"
give() { [ -z "$give" ] || tar czf "$give/results.tar.gz" -C "$OUT" . ; }
for what in $parts; do
	echo "== $what"
	case $what in
	test)
		# on a Hopper, its own kernels against the CPU, and before that against mma.sync's
		part prove 30 "$gpu/bench" -device "$device" -prove
		part operations 50 "$gpu/bench" -device "$device" ${SMALL:+-small} -check
		tests goldens 25 wan inference/families/wan -test.run 'Golden|Starter'
		tests pipeline 20 pipeline inference/pipeline -test.run Golden
		part clips 40 "$gpu/bench" -device "$device" ${SMALL:+-small} -clips "$root/assets/starter" -pictures "$OUT"
		tests cancel 40 choose inference/device/devicetest/choose -test.run 'Cancel|Allocation|TooMuch'
		KINORA_TEST_CRASH=1 tests crash 10 choose inference/device/devicetest/choose -test.run ZContext
		;;
	ptx) # what a GPU without machine code of its own gets
		KINORA_CUDA_PTX=1 part ptx 60 "$gpu/bench" -device "$device" ${SMALL:+-small} -check
		;;
	mma) # on a Hopper, what other GPUs use
		part mma 50 "$gpu/bench" -device "$device" ${SMALL:+-small} -kernels mma -check
		;;
	sanitize)
		sanitizer memcheck 25
		sanitizer racecheck 25
		sanitizer synccheck 15
		;;
	bench) part bench 110 "$gpu/bench" -device "$device" ${SMALL:+-small} -o "$OUT/bench.jsonl" ;;
	cold) # with 23 GB of random weights in DIR: from opening the GPU to the first clip's last frame
		dir=${DIR:-/tmp/kinora-fullsize}
		used=$OUT/memory.txt
		(while :; do nvidia-smi --query-gpu=memory.used --format=csv,noheader,nounits; sleep 0.05; done) >"$used" 2>/dev/null &
		watch=$!
		cd "$root"
		part cold 400 "$gpu/fullsize" -device "$device" -dir "$dir" -width 640 -height 480 -frames 17 -steps 20
		part cold-long 400 "$gpu/fullsize" -device "$device" -dir "$dir" -width 1280 -height 704 -frames 121 -steps 1
		kill "$watch" 2>/dev/null
		[ ! -s "$used" ] || echo "-- the most memory of the GPU in use was $(sort -n "$used" | tail -1) MB"
		;;
	torch) part torch 75 python3 "$root/kernels/bench/pytorch.py" "$OUT/torch.jsonl" ;;
	*) echo "there is no part $what" ;;
	esac
	echo "== $what: $(($(now) - began)) s since the start"
	give
done
rm -f "$OUT/.status"
exit $failed
