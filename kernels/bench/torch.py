"""The same shapes as bench.go's, by PyTorch: cuBLAS, the best attention there is,
cuDNN's convolutions, and the denoiser compiled with CUDA graphs, in bf16. Lines are
like bench.go's, with "torch: " in front of the names. Run it where torch is; nothing
needs it."""
import json, math, sys, time
import torch, torch.nn.functional as F
from torch.nn.attention import SDPBackend, sdpa_kernel

out = open(sys.argv[1] if len(sys.argv) > 1 else "torch.jsonl", "w")
dev, dt = "cuda", torch.bfloat16
torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = True
torch.backends.cudnn.benchmark = True
D, FF, H, LAYERS = 3072, 14336, 24, 30
CLIPS = [("480x640x17", 5, 30, 40), ("480x832x81", 21, 30, 52), ("704x1280x121", 31, 44, 80)]

def report(name, clip, s, flops=0, bytes_=0):
    line = {"name": "torch: " + name, "clip": clip, "seconds": s}
    text = f"torch: {name:34s} {clip:14s} {1000 * s:10.3f} ms"
    if flops:
        line.update(rate=flops / s, unit="FLOP/s"); text += f"  {flops / s / 1e12:8.1f} TFLOP/s"
    if bytes_:
        line.update(rate=bytes_ / s, unit="B/s"); text += f"  {bytes_ / s / 1e9:8.0f} GB/s"
    out.write(json.dumps(line) + "\n"); out.flush(); print(text, flush=True)

def clock(f, n=20):
    for _ in range(5): f()
    times = []
    for _ in range(3):
        a, b = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
        a.record()
        for _ in range(n): f()
        b.record(); torch.cuda.synchronize()
        times.append(a.elapsed_time(b) / n / 1000)
    return sorted(times)[1]

def rand(*shape, size=1.0): return torch.randn(*shape, device=dev, dtype=torch.float32).mul_(size).to(dt)

def best_attention(q, k, v):
    best = None
    for b in (SDPBackend.CUDNN_ATTENTION, SDPBackend.FLASH_ATTENTION):
        try:
            with sdpa_kernel(b): t = clock(lambda: F.scaled_dot_product_attention(q, k, v))
        except Exception: continue
        if best is None or t < best[0]: best = (t, b)
    return best

def operations():
    n = 1 << 28
    a, b = torch.randn(n, device=dev), torch.empty(n, device=dev)
    report("ceiling: copy", "", clock(lambda: b.copy_(a)), bytes_=8 * n); del a, b
    x, w = rand(8192, 8192), rand(8192, 8192)
    report("ceiling: matrix product 8192", "", clock(lambda: x @ w), flops=2 * 8192**3); del x, w
    for clip, t, h, w_ in CLIPS:
        L = t * h * w_ // 4
        for name, N, K in (("product q, k, v or o", D, D), ("feed-forward in", FF, D), ("feed-forward out", D, FF)):
            x, w = rand(L, K), rand(N, K, size=1 / math.sqrt(K))
            report(name, clip, clock(lambda: F.linear(x, w)), flops=2 * L * N * K)
        q, k, v = (rand(1, H, L, 128) for _ in range(3))
        s, b = best_attention(q, k, v)
        report(f"attention ({b.name.lower()})", clip, s, flops=4 * L * L * D); del q, k, v
        for up, cin, cout in ((4, 1024, 512), (4, 512, 512), (8, 512, 256), (8, 256, 256)):
            x = rand(1, cin, 6, h * up, w_ * up).to(memory_format=torch.channels_last_3d)
            w = rand(cout, cin, 3, 3, 3, size=1 / math.sqrt(27 * cin)).to(memory_format=torch.channels_last_3d)
            report(f"conv3d {cin} to {cout}", clip, clock(lambda: F.conv3d(x, w, padding=(0, 1, 1)), 5),
                   flops=2 * 4 * h * w_ * up * up * cin * cout * 27)
            del x, w; torch.cuda.empty_cache()

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
        q = self.rope(self.heads(rms(self.q(x), self.g[0])), cos, sin)
        k = self.rope(self.heads(rms(self.k(x), self.g[1])), cos, sin)
        y = F.scaled_dot_product_attention(q, k, self.heads(self.v(x)))
        h = h + m[2] * self.o(y.transpose(1, 2).reshape(-1, D))
        x = F.layer_norm(h, (D,), self.g[3], self.g[4] * 0, 1e-6).to(dt)
        y = F.scaled_dot_product_attention(self.heads(rms(self.cq(x), self.g[2])), ck, cv)
        h = h + self.co(y.transpose(1, 2).reshape(-1, D))
        return h + m[5] * self.f2(F.gelu(self.f1(norm(h, 3, 4)), approximate="tanh"))

def steps():
    blocks = torch.nn.ModuleList([Block() for _ in range(LAYERS)])
    for b in blocks: b.compile(mode="max-autotune-no-cudagraphs", fullgraph=True, dynamic=False)
    for clip, t, h, w in CLIPS:
        L = t * h * w // 4
        x, e = torch.randn(L, D, device=dev), torch.randn(6, D, device=dev) * 0.02
        ck, cv = rand(1, H, 512, 128), rand(1, H, 512, 128)
        cos, sin = torch.randn(L, 64, device=dev).cos(), torch.randn(L, 64, device=dev).sin()
        def run():
            y = x
            for b in blocks: y = b(y, e, ck, cv, cos, sin)
            return y
        with torch.no_grad(), sdpa_kernel([SDPBackend.CUDNN_ATTENTION, SDPBackend.FLASH_ATTENTION]):
            side = torch.cuda.Stream(); side.wait_stream(torch.cuda.current_stream())
            with torch.cuda.stream(side):
                for _ in range(3): run()
            torch.cuda.current_stream().wait_stream(side)
            g = torch.cuda.CUDAGraph()
            with torch.cuda.graph(g): run()
            flops = LAYERS * (2 * L * D * D * 6 + 4 * L * D * FF + 4 * L * L * D + 4 * L * 512 * D)
            report("denoiser, one pass (blocks, compiled, graph)", clip, clock(g.replay, 5), flops=flops)
        del g, x; torch.cuda.empty_cache()

print(torch.cuda.get_device_name(), "torch", torch.__version__)
operations()
steps()
