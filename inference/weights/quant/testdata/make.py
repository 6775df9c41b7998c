"""Writes encoded.bin: 1024 float32 values, then what the gguf package makes of them
in Q4_0, Q4_1, Q5_0, Q5_1 and Q8_0. And writes <type>.bin for every block type: a few blocks of random bytes with sane
scales, followed by the float32 values that the gguf package reads from them.

Needs numpy and gguf; run it in this folder. The files are committed.
"""
import numpy as np
import gguf

T = gguf.GGMLQuantizationType
# where the halves of each block lie; their exponents are kept small
HALVES = {"Q4_0": [0], "Q4_1": [0, 2], "Q5_0": [0], "Q5_1": [0, 2], "Q8_0": [0], "Q2_K": [80, 82], "Q3_K": [108],
          "Q4_K": [0, 2], "Q5_K": [0, 2], "Q6_K": [208], "IQ4_NL": [0], "IQ4_XS": [0]}
rng = np.random.default_rng(11)
for name, at in HALVES.items():
    kind = T[name]
    elems, size = gguf.GGML_QUANT_SIZES[kind]
    blocks = rng.integers(0, 256, (1024 // elems, size), dtype=np.uint8)
    for a in at:
        blocks[:, a:a + 2] = rng.normal(0, 0.02, len(blocks)).astype(np.float16).view(np.uint8).reshape(-1, 2)
    values = gguf.dequantize(blocks, kind).astype(np.float32)
    assert values.size == 1024
    with open(name.lower() + ".bin", "wb") as f:
        f.write(blocks.tobytes() + values.tobytes())

values = (rng.normal(0, 0.03, 1024) * np.where(np.arange(1024) < 512, 1, 40)).astype(np.float32)
values[64:96] = 0
values[96:128] = 0.25
values[128:160] = np.linspace(-1, 1, 32)
with open("encoded.bin", "wb") as f:
    f.write(values.tobytes())
    for kind in (T.Q4_0, T.Q4_1, T.Q5_0, T.Q5_1, T.Q8_0):
        f.write(gguf.quantize(values, kind).tobytes())
