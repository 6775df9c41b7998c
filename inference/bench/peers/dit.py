"""One denoiser step by PyTorch on the CPU, as its users would write it: fused linear
layers, norms and attention, nothing computed twice. The keys and values of the text
are made before the clock starts, as in our engine. Told a job as JSON, it prints the
seconds of each step, on the clock and of processors, and how far its numbers are from ours."""
import json, sys, time
import torch, torch.nn.functional as F
from safetensors import safe_open

job = json.loads(sys.argv[1])
torch.set_num_threads(job["threads"])
dt = {"f32": torch.float32, "bf16": torch.bfloat16, "f16": torch.float16}[job["kind"]]
with safe_open(job["checkpoint"], "pt") as f:
    W = {n: f.get_tensor(n) for n in f.keys()}
for n in W:
    if "modulation" in n: W[n] = W[n].float()
    else: W[n] = W[n].to(dt)
D = W["patch_embedding.weight"].shape[0]
H, C = D // 128, W["patch_embedding.weight"].shape[1]
LAYERS = 1 + max(int(n.split(".")[1]) for n in W if n.startswith("blocks."))

def read(path): return torch.frombuffer(bytearray(open(path, "rb").read()), dtype=torch.float32)
def linear(x, n): return F.linear(x, W[n + ".weight"], W[n + ".bias"])
def heads(x): return x.view(1, -1, H, 128).transpose(1, 2)
def rms(x, n): return F.rms_norm(x, (D,), W[n + ".weight"], 1e-6)

def angles(t, h, w):
    """cos and sin of every token, [1, 1, tokens, 64]."""
    parts = []
    for axis, (n, k) in enumerate(((t, 22), (h, 21), (w, 21))):
        a = torch.arange(n, dtype=torch.float64)[:, None] * 10000 ** -(torch.arange(k, dtype=torch.float64) / k)
        shape = [1, 1, 1, k]; shape[axis] = n
        parts.append(a.view(shape).expand(t, h, w, k))
    a = torch.cat(parts, -1).reshape(1, 1, t * h * w, 64)
    return a.cos().float(), a.sin().float()

def rope(x, cos, sin):
    a, b = x.float().unflatten(-1, (64, 2)).unbind(-1)
    return torch.stack((a * cos - b * sin, a * sin + b * cos), -1).flatten(-2).to(dt)

def remember(text):
    c = linear(F.gelu(linear(text, "text_embedding.0"), approximate="tanh"), "text_embedding.2")
    return [(heads(rms(linear(c, p + "k"), p + "norm_k")), heads(linear(c, p + "v")))
            for p in (f"blocks.{i}.cross_attn." for i in range(LAYERS))]

def modulate(x, shift, scale): return (F.layer_norm(x.float(), (D,), eps=1e-6) * (1 + scale) + shift).to(dt)

def step(x, timestep, text, cos, sin):
    """x: [C, T, H, W]"""
    _, t, h, w = x.shape
    x = F.conv3d(x.to(dt)[None], W["patch_embedding.weight"], W["patch_embedding.bias"], stride=(1, 2, 2)).flatten(2)[0].T.contiguous()
    f = timestep * 10000 ** -(torch.arange(128, dtype=torch.float64) / 128)
    e = linear(F.silu(linear(torch.cat((f.cos(), f.sin())).to(dt), "time_embedding.0")), "time_embedding.2")
    table = linear(F.silu(e), "time_projection.1").float().view(6, D)
    for i in range(LAYERS):
        b = f"blocks.{i}."
        m = table + W[b + "modulation"][0]
        s = b + "self_attn."
        y = modulate(x, m[0], m[1])
        q, k = (rope(heads(rms(linear(y, s + n), s + "norm_" + n)), cos, sin) for n in "qk")
        y = F.scaled_dot_product_attention(q, k, heads(linear(y, s + "v")))
        x = x + (m[2] * linear(y.transpose(1, 2).reshape(-1, D), s + "o")).to(dt)
        s = b + "cross_attn."
        y = F.layer_norm(x, (D,), W[b + "norm3.weight"], W[b + "norm3.bias"], 1e-6)
        y = F.scaled_dot_product_attention(heads(rms(linear(y, s + "q"), s + "norm_q")), *text[i])
        x = x + linear(y.transpose(1, 2).reshape(-1, D), s + "o")
        y = linear(F.gelu(linear(modulate(x, m[3], m[4]), b + "ffn.0"), approximate="tanh"), b + "ffn.2")
        x = x + (m[5] * y).to(dt)
    m = e.float() + W["head.modulation"][0]
    x = linear(modulate(x, m[0], m[1]), "head.head")
    return x.view(t, h // 2, w // 2, 2, 2, C).permute(5, 0, 1, 3, 2, 4).reshape(C, t, h, w)

answers = []
with torch.inference_mode():
    text = remember(read(job["text"]).view(-1, W["text_embedding.0.weight"].shape[1]).to(dt))
    for clip in job["clips"]:
        t, h, w = clip["latent"]
        last = lambda path: read(path).view(t, h, w, C).permute(3, 0, 1, 2).contiguous()
        x, want = last(clip["x"]), last(clip["want"])
        cos, sin = angles(t, h // 2, w // 2)
        seconds, work = [], []
        for n in range(job["steps"] + 1):
            begun, worked = time.perf_counter(), time.process_time()
            y = step(x, job["timestep"], text, cos, sin)
            if n > 0: seconds.append(time.perf_counter() - begun); work.append(time.process_time() - worked)
        error = (y.float() - want).norm() / want.norm()
        answers.append({"seconds": seconds, "work": work, "error": error.item()})
print(json.dumps(answers))
