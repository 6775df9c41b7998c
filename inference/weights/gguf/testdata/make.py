"""Writes real.gguf with the gguf package, and real.json with what is in it.

Needs numpy and gguf; run it in this folder. The files are committed.
"""
import json
import numpy as np
import gguf

T = gguf.GGMLQuantizationType
rng = np.random.default_rng(3)
w = gguf.GGUFWriter("real.gguf", "wan")
w.add_uint32("test.u32", 7)
w.add_int32("test.i32", -7)
w.add_uint64("test.u64", 1 << 63)
w.add_float32("test.f32", 0.25)
w.add_float64("test.f64", -1e300)
w.add_bool("test.bool", True)
w.add_string("test.text", "說明\n\"quoted\"")
w.add_tokenizer_model("t5")
w.add_token_list(["<pad>", "</s>", "▁a", "ü"])
w.add_token_scores([0.0, 0.0, -1.5, -2.25])
w.add_token_types([3, 3, 1, 1])
w.add_array("comfy.gguf.orig_shape.folded", [2, 1, 2, 4])
about = {}


def add(name, data, kind=None, shape=None):
    w.add_tensor(name, data, raw_dtype=kind)
    about[name] = {"shape": shape or list(data.shape), "hex": data.tobytes().hex()}


add("f32", rng.normal(size=(2, 3)).astype(np.float32))
add("f16", rng.normal(size=5).astype(np.float16))
add("folded", rng.normal(size=(4, 4)).astype(np.float32), shape=[2, 1, 2, 4])
add("patch_embedding.weight", rng.normal(size=(2, 3, 1, 2, 2)).astype(np.float32))
for kind in [T.BF16, T.Q4_0, T.Q4_1, T.Q5_0, T.Q5_1, T.Q8_0, T.Q2_K, T.Q3_K, T.Q4_K, T.Q5_K, T.Q6_K, T.IQ4_NL, T.IQ4_XS]:
    elems, size = gguf.GGML_QUANT_SIZES[kind]
    n = max(elems, 32)
    add("type." + kind.name.lower(), rng.integers(0, 256, (2, n // elems * size), dtype=np.uint8), kind, [2, n])
w.write_header_to_file()
w.write_kv_data_to_file()
w.write_tensors_to_file()
w.close()
json.dump(about, open("real.json", "w"), indent=0)
