"""Writes miniature Wan2.2 TI2V checkpoints in every form that people have the real
one in, each by the library that writes the real one, and what diffusers' pipeline
makes of each: golden.safetensors, described by golden.json.

Needs torch, diffusers, transformers, peft, safetensors, huggingface_hub, gguf,
comfy-kitchen, sentencepiece, ftfy and pillow, and for the k-quants the ggml library (GGML names
libggml-base.so; the wheel of pywhispercpp has it). Run it in this folder; the files
are committed. golden.json says which versions wrote them.

Weights are small multiples of powers of two, so that bf16, fp16 and both kinds of
fp8 hold them exactly: these forms have to give one and the same clip.
"""
import ctypes
import gzip
import json
import os
import shutil
import tarfile
from importlib.metadata import version
from pathlib import Path

import comfy_kitchen
import gguf
import numpy as np
import torch
from comfy_kitchen.backends.eager import svdquant, w4a8_int8
from comfy_kitchen.tensor import QuantizedTensor
from comfy_kitchen.tensor.int8_utils import _build_hadamard, _rotate_weight
from diffusers import AutoencoderKLWan, UniPCMultistepScheduler, WanImageToVideoPipeline, WanPipeline, WanTransformer3DModel
from huggingface_hub import save_torch_state_dict
from peft import LoraConfig, get_peft_model_state_dict
from PIL import Image
from safetensors.torch import save_file
from transformers import T5Tokenizer, UMT5Config, UMT5EncoderModel

import names
import vocabulary

torch.use_deterministic_algorithms(True)
torch.set_num_threads(1)
Q = gguf.GGMLQuantizationType
F8, F8E5 = torch.float8_e4m3fn, torch.float8_e5m2

FOLDERS = ["official", "diffusers", "comfy", "gguf", "turbo", "loras"]
MEAN = [-0.2289, -0.0052, -0.1323, -0.2339, -0.2799, 0.0174, 0.1838, 0.1557, -0.1382, 0.0542, 0.2813, 0.0891, 0.1570, -0.0098, 0.0375, -0.1825,
        -0.2246, -0.1207, -0.0698, 0.5109, 0.2665, -0.2108, -0.2158, 0.2502, -0.2055, -0.0322, 0.1109, 0.1567, -0.0729, 0.0899, -0.2799, -0.1230,
        -0.0313, -0.1649, 0.0117, 0.0723, -0.2839, -0.2083, -0.0520, 0.3748, 0.0152, 0.1957, 0.1433, -0.2944, 0.3573, -0.0548, -0.1681, -0.0667]
STD = [0.4765, 1.0364, 0.4514, 1.1677, 0.5313, 0.4990, 0.4818, 0.5013, 0.8158, 1.0344, 0.5894, 1.0901, 0.6885, 0.6165, 0.8454, 0.4978,
       0.5759, 0.3523, 0.7135, 0.6804, 0.5833, 1.4146, 0.8986, 0.5659, 0.7069, 0.5338, 0.4889, 0.4917, 0.4069, 0.4999, 0.6866, 0.4093,
       0.5709, 0.6065, 0.6415, 0.4944, 0.5726, 1.2042, 0.5458, 1.6887, 0.3971, 1.0600, 0.3943, 0.5537, 0.5444, 0.4089, 0.7468, 0.7744]
PROMPT = "  A red fish &amp; a small cat swim   slowly in the sea, “softly”.\n"
NEGATIVE = "blurry, dark, ugly"
SIZE, FRAMES, STEPS, GUIDANCE, SHIFT = 64, 5, 4, 5.0, 5.0
PART = 7  # of the other dialects' clips every so-many-th number is kept


def fill(model, seed):
    """Gives every weight small multiples of a power of two: norms about 1."""
    g = torch.Generator().manual_seed(seed)
    near_one = torch.tensor([0.75, 0.875, 1.0, 1.25])
    for name, p in sorted(model.named_parameters()):
        if p.ndim == 1 and name.endswith("weight") or name.endswith("gamma"):
            p.data = near_one[torch.randint(0, 4, p.shape, generator=g)]
            continue
        inputs = p[0].numel() if p.ndim > 1 else 16
        if "shared" in name or "embed_tokens" in name or "relative_attention_bias" in name or "scale_shift_table" in name:
            inputs = 4
        unit = 2.0 ** round(np.log2(1 / 3 / inputs ** 0.5))
        k = (torch.randn(p.shape, generator=g) * 2.5).round().clamp(-7, 7)
        p.data = k * unit
    return model.eval()


def models():
    tok = T5Tokenizer(vocab=vocabulary.pieces("spiece.model"), _spm_precompiled_charsmap=vocabulary.charsmap("spiece.model"), extra_ids=0,
                      model_max_length=512)
    torch.manual_seed(0)
    text = UMT5EncoderModel(UMT5Config(vocab_size=320, d_model=64, d_kv=16, d_ff=256, num_layers=2, num_heads=4, dropout_rate=0.0,
                                       pad_token_id=0, eos_token_id=1))
    dit = WanTransformer3DModel(patch_size=(1, 2, 2), num_attention_heads=1, attention_head_dim=128, in_channels=48, out_channels=48, text_dim=64,
                                freq_dim=32, ffn_dim=256, num_layers=2, cross_attn_norm=True, qk_norm="rms_norm_across_heads", eps=1e-6)
    vae = AutoencoderKLWan(base_dim=4, decoder_base_dim=4, z_dim=48, dim_mult=[1, 2, 4, 4], num_res_blocks=2, attn_scales=[],
                           temperal_downsample=[False, True, True], latents_mean=MEAN, latents_std=STD, is_residual=True, in_channels=12,
                           out_channels=12, patch_size=2, scale_factor_temporal=4, scale_factor_spatial=16)
    sched = UniPCMultistepScheduler(prediction_type="flow_prediction", use_flow_sigmas=True, flow_shift=SHIFT, num_train_timesteps=1000)
    return tok, fill(text, 1), fill(dit, 2), fill(vae, 3), sched


class Golden:
    """Runs the pipelines, and keeps what they give."""

    def __init__(self):
        self.tok, self.text, self.dit, self.vae, self.sched = models()
        self.parts = {"dit": self.dit, "text": self.text, "vae": self.vae}
        self.state = {k: {n: v.clone() for n, v in m.state_dict().items()} for k, m in self.parts.items()}
        self.noise = torch.randn(1, 48, (FRAMES - 1) // 4 + 1, SIZE // 16, SIZE // 16, generator=torch.Generator().manual_seed(9))
        pix = np.arange(SIZE * SIZE * 3, dtype=np.int64).reshape(SIZE, SIZE, 3)
        self.image = ((pix // 192 * 3 + pix % 192 * 2 + pix * pix % 41) % 256).astype(np.uint8)
        self.tensors, self.about, self.sets = {}, {}, []

    def load(self, **parts):
        """Gives the models other weights, by the libraries' names, where told."""
        for k, m in self.parts.items():
            m.load_state_dict({**self.state[k], **parts.get(k, {})})

    def run(self, image=False):
        kind = WanImageToVideoPipeline if image else WanPipeline
        pipe = kind(tokenizer=self.tok, text_encoder=self.text, transformer=self.dit, vae=self.vae, scheduler=self.sched, expand_timesteps=True)
        pipe.set_progress_bar_config(disable=True)
        walk = []  # what the model sees, and at last what the VAE decodes
        hook = self.dit.register_forward_pre_hook(lambda m, args, kw: walk.append(kw["hidden_states"][0].clone()), with_kwargs=True)

        def last(pipe, i, t, kw):
            if i == STEPS - 1:
                walk.append(kw["latents"][0].clone())
            return kw

        more = {"image": Image.fromarray(self.image)} if image else {}
        out = pipe(prompt=PROMPT, negative_prompt=NEGATIVE, height=SIZE, width=SIZE, num_frames=FRAMES, num_inference_steps=STEPS,
                   guidance_scale=GUIDANCE, latents=self.noise.clone(), output_type="pt", callback_on_step_end=last, **more)
        hook.remove()
        walk = walk[0::2]  # guided: two looks a step
        if image:
            walk[-1][:, 0] = walk[0][:, 0]
        return torch.stack(walk), out.frames[0]  # frames in 0 … 1, [frames, 3, rows, columns]

    def sigmas(self):
        self.sched.set_timesteps(STEPS)
        return self.sched.sigmas.tolist()

    def both(self, make):
        """What make gives, and the same with models that compute in float64."""
        plain = make()
        for m in self.parts.values():
            m.double()
        wide = make()
        for m in self.parts.values():
            m.float()
        return plain, wide

    def note(self, name, plain, wide):
        self.tensors[name] = plain.detach().contiguous()
        self.about[name] = {"shape": list(plain.shape), "std": plain.float().std().item(), "f32_vs_f64_max_abs": (plain - wide).abs().max().item()}

    def keep(self, name, files, exact, **about):
        (latents, video), (latents64, video64) = self.both(self.run)
        self.note(name + ".latents", latents[-1].flatten()[::PART], latents64[-1].flatten()[::PART])
        self.note(name + ".video", video.flatten()[::PART], video64.flatten()[::PART])
        self.sets.append({"name": name, "files": files, "exact": exact, **about})

    def whole(self):
        self.load()
        ids = self.tok(clean(PROMPT), return_tensors="pt").input_ids
        none = self.tok(clean(NEGATIVE), return_tensors="pt").input_ids
        self.tensors.update({"in.ids": ids[0], "in.ids_null": none[0], "in.noise": self.noise[0], "in.image": torch.from_numpy(self.image)})
        for name, i in ("context", ids), ("context_null", none):
            self.note(name, *self.both(lambda: self.text(i).last_hidden_state[0]))
        for name, image in ("t2v", False), ("i2v", True):
            (latents, video), (latents64, video64) = self.both(lambda: self.run(image))
            self.note(name + ".latents", latents, latents64)
            self.note(name + ".video", video, video64)


def clean(s):
    from diffusers.pipelines.wan.pipeline_wan import prompt_clean
    return prompt_clean(s)


def fresh(path):
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def dump(path, state, metadata=None):
    save_file({k: v.detach().clone().contiguous() for k, v in state.items()}, fresh(path), metadata=metadata)


def to_official(state, rename):
    return {rename(n): v for n, v in state.items() if n != "encoder.embed_tokens.weight"}


def from_official(official, state, rename):
    return {n: official[rename(n)] for n in state}


def block_linear(name, v):
    return v.ndim == 2 and name.startswith("blocks.") and name.endswith(".weight")


def main():
    for old in FOLDERS:
        shutil.rmtree(old, ignore_errors=True)
    vocabulary.train("spiece.model")
    g = Golden()
    g.whole()
    dit = to_official(g.state["dit"], names.official_dit)
    text = to_official(g.state["text"], names.official_text)
    vae = to_official(g.state["vae"], names.official_vae)
    back = {"dit": lambda o: from_official(o, g.state["dit"], names.official_dit), "text": lambda o: from_official(o, g.state["text"], names.official_text)}

    official(g, dit, text, vae)
    diffusers(g)
    comfy(g, dit, text, vae, back)
    ggufs(g, dit, text, vae, back)
    turbo(g, dit)
    loras(g)
    os.remove("spiece.model")
    pack()

    import diffusers as d, transformers as t, peft as p, safetensors as s, sentencepiece as sp
    about = {
        "made_by": {"torch": torch.__version__.split("+")[0], "diffusers": d.__version__, "transformers": t.__version__, "peft": p.__version__,
                    "safetensors": s.__version__, "sentencepiece": sp.__version__, "comfy-kitchen": version("comfy-kitchen")},
        "prompt": PROMPT, "negative": NEGATIVE, "cleaned": clean(PROMPT), "size": SIZE, "frames": FRAMES, "steps": STEPS, "guidance": GUIDANCE,
        "shift": SHIFT, "sigmas": g.sigmas(), "part": PART, "sets": g.sets,
        "tensors": g.about | {n: {"shape": list(v.shape)} for n, v in g.tensors.items() if n.startswith("in.")},
    }
    json.dump(about, open("golden.json", "w"), indent=1, ensure_ascii=False)
    save_file(g.tensors, "golden.safetensors")


def official(g, dit, text, vae):
    to = Path("official")
    fresh(to / "x")
    save_torch_state_dict({k: v.clone() for k, v in dit.items()}, to, filename_pattern="diffusion_pytorch_model{suffix}.safetensors", max_shard_size="1500KB")
    json.dump({"_class_name": "WanModel", "dim": 128, "eps": 1e-6, "ffn_dim": 256, "freq_dim": 32, "in_dim": 48, "model_type": "ti2v", "num_heads": 1,
               "num_layers": 2, "out_dim": 48, "text_len": 512}, open(to / "config.json", "w"))
    torch.save({k: v.bfloat16() for k, v in text.items()}, to / "models_t5_umt5-xxl-enc-bf16.pth")
    torch.save(vae, to / "Wan2.2_VAE.pth")
    shutil.copy("spiece.model", fresh(to / "google/umt5-xxl/spiece.model"))
    g.load()
    g.keep("official", ["official/*", "official/google/umt5-xxl/*"], True)


def diffusers(g):
    g.load()
    pipe = WanPipeline(tokenizer=g.tok, text_encoder=g.text, transformer=g.dit, vae=g.vae, scheduler=g.sched, expand_timesteps=True)
    pipe.save_pretrained("diffusers", max_shard_size="1500KB")
    g.keep("diffusers", ["diffusers/*", "diffusers/*/*"], True)


def wobble(w):
    """w off its grid, so that a scale makes it round."""
    return w * (1 + 0.1 * torch.sin(torch.arange(w.numel(), dtype=torch.float32).reshape(w.shape)))


def scaled(w, kind, scale):
    """w stored with a scale beside it, and what is read from that."""
    s = scale.to(torch.float32)
    q = (w / s).clamp(-torch.finfo(kind).max, torch.finfo(kind).max).to(kind)
    return q, q.float() * s


def comfy(g, dit, text, vae, back):
    model, enc, dec = Path("comfy/diffusion_models"), Path("comfy/text_encoders"), Path("comfy/vae")
    dump(dec / "fp16.safetensors", {k: v.half() for k, v in vae.items()})
    dump(dec / "bf16.safetensors", {k: v.bfloat16() for k, v in vae.items()})
    shutil.copy("spiece.model", fresh(enc / "spiece.model"))
    spiece = torch.from_numpy(np.fromfile("spiece.model", dtype=np.uint8))

    # The text encoder, fp8 scaled, its tokenizer inside; and plain fp8 throughout.
    kept, read = {"scaled_fp8": torch.zeros(0, dtype=F8), "spiece_model": spiece}, {}
    for n, v in g.state["text"].items():
        if n == "encoder.embed_tokens.weight":
            continue
        if v.ndim == 2 and "SelfAttention." in n and "relative" not in n or "DenseReluDense" in n:
            v = wobble(v)
            kept[n], read[n] = scaled(v, F8, v.abs().max() / 448)
            kept[n.removesuffix("weight") + "scale_weight"] = (v.abs().max() / 448).float()
        else:
            kept[n] = v.half()
    dump(enc / "fp8_scaled.safetensors", kept)
    dump(enc / "fp8.safetensors", {k: v.to(F8) for k, v in text.items()})
    plain = ["comfy/text_encoders/fp8.safetensors", "comfy/text_encoders/spiece.model"]
    vaes = ["comfy/vae/bf16.safetensors"]

    dump(model / "fp16.safetensors", {k: v.half() for k, v in dit.items()})
    g.load(text=read)
    g.keep("comfy_fp16", ["comfy/diffusion_models/fp16.safetensors", "comfy/text_encoders/fp8_scaled.safetensors", "comfy/vae/fp16.safetensors"], False)

    dump(model / "bf16.safetensors", {"model.diffusion_model." + k: v.bfloat16() for k, v in dit.items()})
    dump(model / "e4m3.safetensors", {"diffusion_model." + k: v.to(F8) for k, v in dit.items()})
    dump(model / "e5m2.safetensors", {k: v.to(F8E5) for k, v in dit.items()})
    g.load()
    for name in "bf16", "e4m3", "e5m2":
        g.keep("comfy_" + name, [f"comfy/diffusion_models/{name}.safetensors", *plain, *vaes], True)

    # Every way of storing a scale: one for a matrix, one for a row, one for a square.
    def save(name, scale, suffix, kind=F8, extra=lambda n: {}, rest=torch.float32, marker=True):
        kept, read = {}, {}
        for n, v in dit.items():
            if not block_linear(n, v):
                kept[n] = v.to(rest)
                continue
            v = wobble(v)
            s = scale(v)
            kept[n], read[n] = scaled(v, kind, spread(s, v))
            if suffix == ".weight_scale_inv" and s.numel() > 1:
                read[n] = read[n].bfloat16().float()  # as programs widen what has a scale a square
            module = n.removesuffix(".weight")
            kept[module + suffix] = s.float()
            kept.update(extra(module))
        if marker:
            kept["scaled_fp8"] = torch.zeros(2, dtype=kind)
        dump(model / f"{name}.safetensors", kept)
        g.load(dit=back["dit"]({**dit, **read}))
        g.keep("comfy_" + name, [f"comfy/diffusion_models/{name}.safetensors", *plain, *vaes], False)

    def spread(s, v):
        if s.numel() == 1:
            return s.reshape(())
        if s.shape[0] == v.shape[0]:
            return s.reshape(-1, 1)
        return s.repeat_interleave(128, 0)[: v.shape[0]].repeat_interleave(128, 1)[:, : v.shape[1]]

    def squares(v):
        return torch.stack([torch.stack([c.abs().max() / 448 for c in r.split(128, 1)]) for r in v.split(128, 0)])

    save("scale_weight", lambda v: v.abs().max() / 448, ".scale_weight", extra=lambda m: {m + ".scale_input": torch.tensor(1.0)})
    save("weight_scale", lambda v: v.abs().amax(1, keepdim=True) / 448, ".weight_scale", rest=torch.bfloat16, marker=False)
    save("weight_scale_inv", squares, ".weight_scale_inv", rest=torch.bfloat16, marker=False)
    quant = torch.from_numpy(np.frombuffer(b'{"format": "float8_e4m3fn"}', dtype=np.uint8).copy())
    save("comfy_quant", lambda v: v.abs().max() / 448, ".weight_scale", rest=torch.float16, marker=False, extra=lambda m: {m + ".comfy_quant": quant})

    # All that comfy-kitchen stores, a form a matrix; described by tensors, and in the notes of the file.
    for name, first in ("kitchen", 0), ("kitchen_notes", 4):
        kept, read, layers = {}, {}, {}
        turn = iter(range(first, 1 << 30))
        noted = name.endswith("notes")
        prefix = "model.diffusion_model." if noted else ""
        for n, v in dit.items():
            if not block_linear(n, v):
                kept[prefix + n] = v.bfloat16()
                continue
            module = prefix + n.removesuffix(".weight")
            about, tensors, read[n] = KITCHEN[next(turn) % len(KITCHEN)](wobble(v))
            read[n] = read[n].float()
            if about["format"] != "int8_tensorwise" or "convrot" in about:  # the others are widened
                read[n] = read[n].bfloat16().float()
            for end, t in tensors.items():
                kept[module + "." + end] = t.view(torch.uint8) if noted and t.dtype == torch.float8_e8m0fnu else t
            layers[module] = about
            if not noted:
                kept[module + ".comfy_quant"] = torch.from_numpy(np.frombuffer(json.dumps(about).encode(), dtype=np.uint8).copy())
        dump(model / f"{name}.safetensors", kept, {"_quantization_metadata": json.dumps({"layers": layers})} if noted else None)
        g.load(dit=back["dit"]({**dit, **read}))
        g.keep("comfy_" + name, [f"comfy/diffusion_models/{name}.safetensors", *plain, *vaes], False)


def by_layout(form, layout, **options):
    """How comfy-kitchen stores a matrix, as ComfyUI describes it, and what it reads."""
    def store(w):
        q = QuantizedTensor.from_float(w, layout, **options)
        tensors = q.state_dict("weight")
        return {"format": form}, tensors, q.dequantize()
    return store


def smoothed(store):
    """The same with inputs that are multiplied, column by column, first."""
    def both(w):
        about, tensors, read = store(w)
        columns = 1 + 0.25 * torch.cos(torch.arange(w.shape[1], dtype=torch.float32))
        return about, {**tensors, "pre_quant_scale": columns}, read * columns
    return both


def rotating(form, layout, unpack, **options):
    """The same with columns rotated in the largest groups that fit. What is read comes
    out rounded once: rotated as the library does, in float64."""
    def store(w):
        size = max(4 ** k for k in range(1, 5) if w.shape[1] % 4 ** k == 0)
        q = QuantizedTensor.from_float(w, layout, convrot_groupsize=size, **options)
        tensors = q.state_dict("weight")
        read = _rotate_weight(unpack(tensors), _build_hadamard(size, dtype=torch.float64), size)
        assert (read - q.dequantize()).abs().max() < 1e-6 * read.abs().max()
        return {"format": form, **({"convrot": True} if form == "int8_tensorwise" else {}), "convrot_groupsize": size}, tensors, read
    return store


def rows8(t):
    return t["weight"].double() * t["weight_scale"].double()


def rows4(t):
    return svdquant._unpack_int4_row_major(t["weight"]).double() * t["weight_scale"].double().reshape(-1, 1)


def groups8(t):
    grid = w4a8_int8._dequant_int4_grouped_to_int8(t["weight"], t["weight_s_rel"], t["weight_codebook"], 16)
    return grid.double() * t["weight_s_channel"].double().reshape(-1, 1)


def awq(w):
    """What comfy-kitchen reads as AWQ and has no writer for."""
    g = w.reshape(w.shape[0], -1, 64)
    low, high = g.amin(-1, keepdim=True), g.amax(-1, keepdim=True)
    scale = ((high - low) / 15).half().float()
    zero = (low + 8 * scale).half().float()
    codes = ((g - zero) / scale + 8).round().clamp(0, 15).reshape(w.shape)
    beside = {"weight_scale": scale[..., 0].t().contiguous().half(), "weight_zeros": zero[..., 0].t().contiguous().half()}
    tensors = {"weight": svdquant._pack_int4_row_major(codes.int()), **beside}
    params = comfy_kitchen.tensor.TensorCoreAWQW4A16Layout.Params(scale=tensors["weight_scale"].float(), zeros=tensors["weight_zeros"].float(), group_size=64,
                                                                 orig_dtype=torch.float32, orig_shape=tuple(w.shape))
    return {"format": "awq_w4a16", "group_size": 64}, tensors, comfy_kitchen.tensor.TensorCoreAWQW4A16Layout.dequantize(tensors["weight"], params)


KITCHEN = [
    by_layout("nvfp4", "TensorCoreNVFP4Layout"),
    rotating("int8_tensorwise", "TensorWiseINT8Layout", rows8, per_channel=True, convrot=True),
    by_layout("mxfp8", "TensorCoreMXFP8Layout"),
    rotating("convrot_w4a4", "TensorCoreConvRotW4A4Layout", rows4),
    by_layout("int8_tensorwise", "TensorWiseINT8Layout"),
    rotating("asym_w4a8_int8", "AsymW4A8Int8Layout", groups8),
    smoothed(by_layout("nvfp4", "TensorCoreNVFP4Layout")),
    awq,
    by_layout("int8_tensorwise", "TensorWiseINT8Layout", per_channel=True),
]


def ggml_encode(values, kind):
    """Rows of float32 in a type, by gguf where it can, else by the ggml library."""
    try:
        return gguf.quantize(values, kind)
    except NotImplementedError:
        pass
    lib = ctypes.CDLL(os.environ["GGML"])
    lib.ggml_quantize_chunk.restype = ctypes.c_size_t
    lib.ggml_quantize_chunk.argtypes = [ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64, ctypes.c_int64, ctypes.c_int64, ctypes.c_void_p]
    values = np.ascontiguousarray(values, dtype=np.float32)
    elems, size = gguf.GGML_QUANT_SIZES[kind]
    out = np.zeros((values.shape[0], values.shape[1] // elems * size), dtype=np.uint8)
    n = lib.ggml_quantize_chunk(int(kind), values.ctypes.data, out.ctypes.data, 0, values.shape[0], values.shape[1], None)
    assert n == out.nbytes, (n, out.nbytes)
    return out


def write_gguf(path, arch, state, kind_of, rename=lambda n: n, keys=lambda w: None):
    """Returns what is read from the file's narrow tensors, by the names of state."""
    w, read = gguf.GGUFWriter(fresh(path), arch), {}
    keys(w)
    for n, v in state.items():
        v = v.numpy()
        kind = kind_of(n, v)
        if kind in (Q.F32, Q.F16):
            w.add_tensor(rename(n), v.astype(np.float32 if kind == Q.F32 else np.float16))
            continue
        data = ggml_encode(v, kind)
        w.add_tensor(rename(n), data, raw_dtype=kind)
        read[n] = torch.from_numpy(gguf.dequantize(data, kind).astype(np.float32).reshape(v.shape).copy())
    w.write_header_to_file()
    w.write_kv_data_to_file()
    w.write_tensors_to_file()
    w.close()
    return read


def ggufs(g, dit, text, vae, back):
    to = Path("gguf")
    dump(to / "vae.safetensors", {k: v.bfloat16() for k, v in vae.items()})

    def turns(kinds, wide):
        """Goes through kinds, a type a matrix, where a row has whole blocks of it."""
        turn = iter(range(1 << 30))

        def kind_of(n, v):
            if not wide(n, v):
                return Q.F32
            at = next(turn)
            for i in range(len(kinds)):
                kind = kinds[(at + i) % len(kinds)]
                if v.shape[1] % gguf.GGML_QUANT_SIZES[kind][0] == 0:
                    return kind
            return Q.Q8_0
        return kind_of

    def matrix(n, v):
        return block_linear(n, torch.from_numpy(v))

    def embedded(w):
        vocabulary.gguf_keys(w, "spiece.model")

    def halves(n, v):
        return Q.F16 if matrix(n, v) or n.endswith(".bias") and n.startswith("blocks.") else Q.F32

    def text_matrix(n, v):
        return v.ndim == 2 and "pos_embedding" not in n

    for name, kind_of, text_kind in (
        ("f16", halves, lambda n, v: Q.F16 if text_matrix(n, v) else Q.F32),
        ("old", turns([Q.Q4_0, Q.Q4_1, Q.Q5_0, Q.Q5_1, Q.Q8_0, Q.BF16], matrix), turns([Q.Q8_0, Q.Q5_1], text_matrix)),
        ("k", turns([Q.Q2_K, Q.Q3_K, Q.Q4_K, Q.Q5_K, Q.Q6_K, Q.IQ4_XS, Q.IQ4_NL], matrix), turns([Q.Q4_K, Q.Q6_K, Q.Q8_0], text_matrix)),
    ):
        read = write_gguf(to / f"dit_{name}.gguf", "wan", dit, kind_of)
        rows = write_gguf(to / f"text_{name}.gguf", "t5encoder", text, text_kind, names.gguf_text, embedded)
        g.load(dit=back["dit"]({**dit, **read}), text=back["text"]({**text, **rows}))
        g.keep("gguf_" + name, [f"gguf/dit_{name}.gguf", f"gguf/text_{name}.gguf", "gguf/vae.safetensors"], name == "f16")


def turbo(g, dit):
    """A trainer's own file: a pickle of the generator, its names with a prefix."""
    torch.save({"generator": {"model." + k: v.bfloat16() for k, v in dit.items()}}, fresh("turbo/generator.pt"))
    g.load()
    g.keep("turbo", ["turbo/generator.pt", "official/*.pth", "official/google/umt5-xxl/*"], True)


def loras(g):
    """What PEFT and diffusers write, and other programs' names for the same changes."""
    g.load()
    to = Path("loras")
    torch.manual_seed(4)
    g.dit.add_adapter(LoraConfig(r=4, lora_alpha=6, target_modules=["to_q", "to_k", "to_v", "to_out.0", "ffn.net.0.proj", "ffn.net.2"],
                                 rank_pattern={"ffn.net.2": 2}, alpha_pattern={"ffn.net.2": 5}), "a")
    for n, p in g.dit.named_parameters():
        if "lora_B" in n:
            p.data = 0.03 * torch.randn(p.shape)
    state = get_peft_model_state_dict(g.dit, adapter_name="a")
    config = g.dit.peft_config["a"]
    config.target_modules = sorted(config.target_modules)  # a set, and written in its order
    base = ["diffusers/*", "diffusers/*/*"]
    WanPipeline.save_lora_weights(fresh(to / "diffusers/x").parent, transformer_lora_layers=state,
                                  transformer_lora_adapter_metadata=config.to_dict())
    dump(to / "peft/adapter_model.safetensors", {"base_model.model." + k: v for k, v in state.items()}, {"format": "pt"})
    config.save_pretrained(to / "peft")

    # Names as in the official files, scales as alphas; the last one's rank is 2.
    comfy, kohya = {}, {}
    for k, v in state.items():
        module, _, end = k.replace(".lora_A.weight", "|down").replace(".lora_B.weight", "|up").partition("|")
        name = names.official_dit(module + ".weight").removesuffix(".weight")
        flat = "lora_unet_" + name.replace(".", "_")
        comfy[f"diffusion_model.{name}.lora_{end}.weight"] = v.bfloat16().float()
        kohya[f"{flat}.lora_{end}.weight"] = v.bfloat16()
        alpha = 5 if module.endswith("net.2") else 6
        comfy[f"diffusion_model.{name}.alpha"] = torch.tensor(alpha)  # a whole number, as some write it
        kohya[f"{flat}.alpha"] = torch.tensor(float(alpha)).bfloat16()
    dump(to / "comfy.safetensors", comfy)
    dump(to / "kohya.safetensors", kohya)

    for strength in (1.0, 0.5):
        g.dit.set_adapters(["a"], [strength])
        for name in ("diffusers/pytorch_lora_weights", "peft/adapter_model"):
            g.keep(f"lora_{name.split('/')[0]}_{strength}", base, False, lora=f"loras/{name}.safetensors", strength=strength)
    for n, p in g.dit.named_parameters():
        if "lora_" in n:
            p.data = p.data.bfloat16().float()
    for name in ("comfy", "kohya"):
        g.dit.set_adapters(["a"], [0.8])
        g.keep(f"lora_{name}_0.8", base, False, lora=f"loras/{name}.safetensors", strength=0.8)
    g.dit.delete_adapters("a")


def pack():
    """All of it in one file, the same bytes every time."""
    def plain(info):
        info.mtime = info.uid = info.gid = 0
        info.uname = info.gname = ""
        info.mode = 0o644
        return info
    with open("mini.tar.gz", "wb") as f, gzip.GzipFile("", "wb", 9, f, 0) as z, tarfile.open(fileobj=z, mode="w", format=tarfile.USTAR_FORMAT) as t:
        for d in FOLDERS:
            for p in sorted(Path(d).rglob("*")):
                if p.is_file():
                    t.add(p, p.as_posix(), filter=plain)
    for d in FOLDERS:
        shutil.rmtree(d)


if __name__ == "__main__":
    main()
