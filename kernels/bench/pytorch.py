"""The same shapes as bench.go's, by PyTorch: cuBLAS, the best attention there is,
cuDNN's convolutions, the denoiser with a compiled block and CUDA graphs, and the
VAE's decoder, in bf16. Lines are like bench.go's, with "torch: " in front of the
names. Run it where torch is; nothing needs it. It ends by itself after LIMIT
seconds; whatever there is by then has been told.
   pytorch.py [results.jsonl] [operations|step|decode|convolutions …]"""
import json, math, os, sys, time
import torch, torch.nn.functional as F
from torch.nn.attention import SDPBackend, sdpa_kernel

started, limit = time.time(), float(os.environ.get("LIMIT", "66"))
out = open(sys.argv[1] if len(sys.argv) > 1 else "torch.jsonl", "w")
parts = sys.argv[2:] or ["operations", "step", "decode", "convolutions"]
small = os.environ.get("SMALL")  # to try the program itself, on a CPU too
dev, dt = "cuda" if torch.cuda.is_available() else "cpu", torch.bfloat16
torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = True
torch.backends.cudnn.benchmark = True
D, FF, H, LAYERS = (256, 512, 2, 2) if small else (3072, 14336, 24, 30)
CLIPS = [("tiny", 2, 4, 4)] if small else [("480x640x17", 5, 30, 40), ("480x832x81", 21, 30, 52), ("704x1280x121", 31, 44, 80)]

class Late(Exception): pass
def in_time():
    if time.time() - started > limit: raise Late()

def report(name, clip, s, flops=0, bytes_=0):
    line = {"name": "torch: " + name, "clip": clip, "seconds": s}
    text = f"torch: {name:34s} {clip:14s} {1000 * s:10.3f} ms"
    if flops:
        line.update(rate=flops / s, unit="FLOP/s"); text += f"  {flops / s / 1e12:8.1f} TFLOP/s"
    if bytes_:
        line.update(rate=bytes_ / s, unit="B/s"); text += f"  {bytes_ / s / 1e9:8.0f} GB/s"
    out.write(json.dumps(line) + "\n"); out.flush(); print(text, flush=True)

def sync():
    if dev == "cuda": torch.cuda.synchronize()

def clock(f, n=20, most=0.25):
    """The median of three rounds; each round takes about `most` seconds at most."""
    in_time()
    f(); sync(); t = time.perf_counter(); f(); sync(); once = time.perf_counter() - t
    n = max(1, min(n, int(most / max(once, 1e-6))))
    for _ in range(min(n, 3)): f()
    sync()
    times = []
    for _ in range(3):
        if dev == "cuda":
            a, b = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
            a.record()
            for _ in range(n): f()
            b.record(); torch.cuda.synchronize()
            times.append(a.elapsed_time(b) / n / 1000)
        else:
            t = time.perf_counter()
            for _ in range(n): f()
            times.append((time.perf_counter() - t) / n)
    return sorted(times)[1]

def rand(*shape, size=1.0): return torch.randn(*shape, device=dev, dtype=torch.float32).mul_(size).to(dt)
def free():
    if dev == "cuda": torch.cuda.empty_cache()

def best_attention(q, k, v):
    best = None
    for b in (SDPBackend.CUDNN_ATTENTION, SDPBackend.FLASH_ATTENTION) if dev == "cuda" else (SDPBackend.MATH,):
        try:
            with sdpa_kernel(b): t = clock(lambda: F.scaled_dot_product_attention(q, k, v))
        except Late: raise
        except Exception: continue
        if best is None or t < best[0]: best = (t, b)
    return best

def operations():
    n = 1 << (20 if small else 28)
    a, b = torch.randn(n, device=dev), torch.empty(n, device=dev)
    report("ceiling: copy", "", clock(lambda: b.copy_(a)), bytes_=8 * n); del a, b
    m = 256 if small else 8192
    x, w = rand(m, m), rand(m, m)
    report("ceiling: matrix product 8192", "", clock(lambda: x @ w), flops=2 * m**3); del x, w
    for clip, t, h, w_ in CLIPS:
        L = t * h * w_ // 4
        for name, N, K in (("product q, k, v or o", D, D), ("feed-forward in", FF, D), ("feed-forward out", D, FF)):
            x, w = rand(L, K), rand(N, K, size=1 / math.sqrt(K))
            report(name, clip, clock(lambda: F.linear(x, w)), flops=2 * L * N * K)
        q, k, v = (rand(1, H, L, 128) for _ in range(3))
        found = best_attention(q, k, v)
        if found: report(f"attention ({found[1].name.lower()})", clip, found[0], flops=4 * L * L * H * 128)
        del q, k, v; free()

def convolutions():
    for clip, t, h, w_ in CLIPS:
        for up, cin, cout in ((1, 16, 8),) if small else ((4, 1024, 512), (4, 512, 512), (8, 512, 256), (8, 256, 256)):
            x = rand(1, cin, 6, h * up, w_ * up).to(memory_format=torch.channels_last_3d)
            w = rand(cout, cin, 3, 3, 3, size=1 / math.sqrt(27 * cin)).to(memory_format=torch.channels_last_3d)
            report(f"conv3d {cin} to {cout}", clip, clock(lambda: F.conv3d(x, w, padding=(0, 1, 1)), 5),
                   flops=2 * 4 * h * w_ * up * up * cin * cout * 27)
            del x, w; free()

class Block(torch.nn.Module):
    """One block, with what our graph hoists hoisted: text keys and values, modulation, rotation."""
    def __init__(self):
        super().__init__()
        lin = lambda o, i: torch.nn.Linear(i, o, device=dev, dtype=dt)
        self.q, self.k, self.v, self.o = (lin(D, D) for _ in range(4))
        self.cq, self.co, self.f1, self.f2 = lin(D, D), lin(D, D), lin(FF, D), lin(D, FF)
        self.g = torch.nn.ParameterList([torch.nn.Parameter(torch.ones(D, device=dev)) for _ in range(5)])
        self.mod = torch.nn.Parameter(torch.randn(6, D, device=dev) * 0.02)
    def heads(self, x): return x.view(1, -1, H, 128).transpose(1, 2)
    def rope(self, x, cos, sin):
        y = x.float().view(1, H, -1, 64, 2)
        a, b = y[..., 0], y[..., 1]
        return torch.stack((a * cos - b * sin, a * sin + b * cos), -1).view(1, H, -1, 128).to(dt)
    def forward(self, h, e, ck, cv, cos, sin):
        m = e + self.mod
        rms = lambda x, g: F.rms_norm(x.float(), (D,), g, 1e-6).to(dt)
        norm = lambda x, sh, sc: (F.layer_norm(x, (D,), eps=1e-6) * (1 + m[sc]) + m[sh]).to(dt)
        x = norm(h, 0, 1)
        q = self.rope(self.heads(rms(self.q(x), self.g[0])).contiguous(), cos, sin)
        k = self.rope(self.heads(rms(self.k(x), self.g[1])).contiguous(), cos, sin)
        y = F.scaled_dot_product_attention(q, k, self.heads(self.v(x)))
        h = h + m[2] * self.o(y.transpose(1, 2).reshape(-1, D))
        x = F.layer_norm(h, (D,), self.g[3], self.g[4] * 0, 1e-6).to(dt)
        y = F.scaled_dot_product_attention(self.heads(rms(self.cq(x), self.g[2])), ck, cv)
        h = h + self.co(y.transpose(1, 2).reshape(-1, D))
        return h + m[5] * self.f2(F.gelu(self.f1(norm(h, 3, 4)), approximate="tanh"))

def replayed(f, warm=2):
    """f recorded, or f itself where that cannot be."""
    if dev != "cuda":
        f(); return f
    side = torch.cuda.Stream(); side.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(side):
        for _ in range(warm): f()
    torch.cuda.current_stream().wait_stream(side)
    g = torch.cuda.CUDAGraph()
    with torch.cuda.graph(g): f()
    return g.replay

def steps():
    blocks = torch.nn.ModuleList([Block() for _ in range(LAYERS)])
    kinds = [SDPBackend.CUDNN_ATTENTION, SDPBackend.FLASH_ATTENTION] if dev == "cuda" else [SDPBackend.MATH]
    compiled = True
    for clip, t, h, w in CLIPS[::2]:
        L = t * h * w // 4
        flops = LAYERS * (2 * L * D * D * 6 + 4 * L * D * FF + 4 * L * L * D + 4 * L * 512 * D)
        x, e = torch.randn(L, D, device=dev), torch.randn(6, D, device=dev) * 0.02
        ck, cv = rand(1, H, 512, 128), rand(1, H, 512, 128)
        cos, sin = torch.randn(L, 64, device=dev).cos(), torch.randn(L, 64, device=dev).sin()
        def plain():
            y = x
            for b in blocks: y = b(y, e, ck, cv, cos, sin)
            return y
        with torch.no_grad(), sdpa_kernel(kinds):
            report("denoiser, one pass (blocks, eager)", clip, clock(plain, 3, 0.5), flops=flops)
            in_time()
            if compiled:
                try:
                    at = time.time()
                    one = torch.compile(Block.forward, fullgraph=True, dynamic=False)
                    def run():
                        y = x
                        for b in blocks: y = one(b, y, e, ck, cv, cos, sin)
                        return y
                    one(blocks[0], x, e, ck, cv, cos, sin); sync()
                    took = time.time() - at
                    report("denoiser, one pass (blocks, compiled, graph)", clip, clock(replayed(run), 5, 0.5), flops=flops)
                    print(f"    compiling took {took:.1f} s", flush=True)
                except Late: raise
                except Exception as err: print("    not compiled:", str(err)[:300], flush=True); compiled = False
        del x; free()

class Decoder(torch.nn.Module):
    """The published VAE's decoder on a latent frame that is not the first, bf16 and
    channels last: the same convolutions over the same numbers of frames, norms and
    shortcuts. Caches are zeros of the right size, joined in front as the reference does."""
    dims = (16, 16, 16, 8, 8) if small else (1024, 1024, 1024, 512, 256)
    def __init__(self):
        super().__init__()
        d = self.dims
        self.w, self.g = torch.nn.ParameterDict(), torch.nn.ParameterDict()
        def conv(name, o, i, *k): self.w[name] = torch.nn.Parameter(rand(o, i, *k, size=1 / math.sqrt(i * math.prod(k))).to(memory_format=torch.channels_last_3d))
        def res(name, i, o):
            self.g[name + "a"], self.g[name + "b"] = (torch.nn.Parameter(torch.ones(1, n, 1, 1, 1, device=dev, dtype=dt)) for n in (i, o))
            conv(name + "a", o, i, 3, 3, 3); conv(name + "b", o, o, 3, 3, 3)
            if i != o: conv(name + "s", o, i, 1, 1, 1)
        conv("in", d[0], 48, 3, 3, 3); res("m0", d[0], d[0]); res("m1", d[0], d[0])
        conv("qkv", 3 * d[0], d[0], 1, 1, 1); conv("proj", d[0], d[0], 1, 1, 1)
        self.g["m"] = torch.nn.Parameter(torch.ones(1, d[0], 1, 1, 1, device=dev, dtype=dt))
        for s in range(4):
            i = d[s]
            for j in range(3): res(f"u{s}{j}", i, d[s + 1]); i = d[s + 1]
            if s < 3: conv(f"up{s}", d[s + 1], d[s + 1], 1, 3, 3)
            if s < 2: conv(f"t{s}", 2 * d[s + 1], d[s + 1], 3, 1, 1)
        self.g["out"] = torch.nn.Parameter(torch.ones(1, d[4], 1, 1, 1, device=dev, dtype=dt)); conv("out", 12, d[4], 3, 3, 3)
    def causal(self, x, name):
        w = self.w[name]
        if w.shape[2] == 3: x = F.pad(x, (0, 0, 0, 0, 2, 0))
        return F.conv3d(x, w, padding=(0, w.shape[3] // 2, w.shape[4] // 2))
    def norm(self, x, g): return F.normalize(x, dim=1) * (x.shape[1] ** 0.5) * g
    def res(self, x, n):
        y = self.causal(F.silu(self.norm(x, self.g[n + "a"])), n + "a")
        y = self.causal(F.silu(self.norm(y, self.g[n + "b"])), n + "b")
        return y + (F.conv3d(x, self.w[n + "s"]) if n + "s" in self.w else x)
    def forward(self, z):
        x = self.res(self.causal(z, "in"), "m0")
        b, c, t, h, w = x.shape
        q, k, v = F.conv3d(self.norm(x, self.g["m"]), self.w["qkv"]).permute(0, 2, 3, 4, 1).reshape(t, 1, h * w, 3 * c).chunk(3, -1)
        y = F.scaled_dot_product_attention(q, k, v).reshape(b, t, h, w, c).permute(0, 4, 1, 2, 3)
        x = self.res(x + F.conv3d(y.contiguous(memory_format=torch.channels_last_3d), self.w["proj"]), "m1")
        for s in range(4):
            shortcut = x
            for j in range(3): x = self.res(x, f"u{s}{j}")
            if s < 2:
                b, c, t, h, w = x.shape
                x = self.causal(x, f"t{s}").view(b, 2, c, t, h, w).permute(0, 2, 3, 1, 4, 5).reshape(b, c, 2 * t, h, w)
            if s < 3:
                x = F.interpolate(x, scale_factor=(1, 2, 2), mode="nearest-exact").contiguous(memory_format=torch.channels_last_3d)
                x = F.conv3d(x, self.w[f"up{s}"], padding=(0, 1, 1))
                up = shortcut.repeat_interleave(2 if s < 2 else 1, 2).repeat_interleave(2, 3).repeat_interleave(2, 4)
                x = x + up[:, : x.shape[1]]
        return self.causal(F.silu(self.norm(x, self.g["out"])), "out")

def decodes():
    model = Decoder()
    for clip, t, h, w in CLIPS[::2]:
        z = rand(1, 48, 1, h, w).to(memory_format=torch.channels_last_3d)
        with torch.no_grad():
            report("decoder, one latent frame (eager, zero caches)", clip, clock(lambda: model(z), 3, 1))
        free()

print(torch.cuda.get_device_name() if dev == "cuda" else "no GPU", "torch", torch.__version__, flush=True)
for name, part in (("operations", operations), ("step", steps), ("decode", decodes), ("convolutions", convolutions)):
    if name not in parts: continue
    try: part()
    except Late: print(f"-- {name}: no time left", flush=True)
    except Exception as err: print(f"-- {name}: {type(err).__name__}: {str(err)[:400]}", flush=True)
    free()
