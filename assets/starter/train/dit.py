"""The text encoder (UMT5-shaped) and the diffusion transformer (Wan-shaped, attention split into
space and time). Names are the public models' own; temporal_attn is the one addition."""
import math
import torch
import torch.nn as nn
import torch.nn.functional as F

TEXT = dict(vocab=1000, dim=192, dim_attn=192, dim_ffn=512, num_heads=4, num_layers=3)
DIT = dict(dim=320, ffn_dim=1280, num_heads=5, num_layers=6, in_dim=12, freq_dim=256, text_dim=192, text_len=40,
           patch_size=[1, 2, 2], temporal_window=3, eps=1e-6)


class RMS(nn.Module):
    def __init__(self, dim, eps=1e-6):
        super().__init__()
        self.weight, self.eps = nn.Parameter(torch.ones(dim)), eps

    def forward(self, x):
        x = x.float()
        return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + self.eps) * self.weight


def buckets(n, device):
    i = torch.arange(n, device=device)
    rel = i[None] - i[:, None]
    a = rel.abs()
    far = 8 + (torch.log(a.clamp(min=1).float() / 8) / math.log(16) * 8).to(torch.long)
    return torch.where(rel > 0, 16, 0) + torch.where(a < 8, a, far.clamp(max=15))


class TextAttention(nn.Module):
    def __init__(self, dim, dim_attn, heads):
        super().__init__()
        self.heads = heads
        self.q, self.k, self.v = (nn.Linear(dim, dim_attn, bias=False) for _ in range(3))
        self.o = nn.Linear(dim_attn, dim, bias=False)

    def forward(self, x, bias):
        B, N, _ = x.shape
        q, k, v = (f(x).view(B, N, self.heads, -1).transpose(1, 2) for f in (self.q, self.k, self.v))
        a = (q @ k.transpose(-1, -2)).float() + bias
        return self.o((a.softmax(-1).to(v.dtype) @ v).transpose(1, 2).reshape(B, N, -1))


class Table(nn.Module):
    def __init__(self, heads):
        super().__init__()
        self.embedding = nn.Embedding(32, heads)


class TextBlock(nn.Module):
    def __init__(self, dim, dim_attn, dim_ffn, heads):
        super().__init__()
        self.norm1, self.norm2 = RMS(dim), RMS(dim)
        self.attn = TextAttention(dim, dim_attn, heads)
        self.pos_embedding = Table(heads)
        self.ffn = nn.ModuleDict(dict(gate=nn.Sequential(nn.Linear(dim, dim_ffn, bias=False)), fc1=nn.Linear(dim, dim_ffn, bias=False),
                                      fc2=nn.Linear(dim_ffn, dim, bias=False)))

    def forward(self, x, mask, index):
        bias = self.pos_embedding.embedding(index).permute(2, 0, 1) + mask
        x = x + self.attn(self.norm1(x), bias)
        h = self.norm2(x)
        return x + self.ffn['fc2'](self.ffn['fc1'](h) * F.gelu(self.ffn['gate'](h), approximate='tanh'))


class TextEncoder(nn.Module):
    def __init__(self, vocab, dim, dim_attn, dim_ffn, num_heads, num_layers):
        super().__init__()
        self.token_embedding = nn.Embedding(vocab, dim)
        self.blocks = nn.ModuleList([TextBlock(dim, dim_attn, dim_ffn, num_heads) for _ in range(num_layers)])
        self.norm = RMS(dim)
        nn.init.normal_(self.token_embedding.weight, std=.7)
        for b in self.blocks:
            nn.init.normal_(b.attn.q.weight, std=(dim * dim_attn / num_heads) ** -.5)
            for f in (b.attn.k, b.attn.v, b.ffn['gate'][0], b.ffn['fc1']):
                nn.init.normal_(f.weight, std=dim ** -.5)
            nn.init.normal_(b.attn.o.weight, std=.3 * dim_attn ** -.5)
            nn.init.normal_(b.ffn['fc2'].weight, std=.3 * dim_ffn ** -.5)
            nn.init.normal_(b.pos_embedding.embedding.weight, std=.1)

    def forward(self, ids):
        """ids [B,N], padded with 0; the rows of padding come out as zeros."""
        real = ids != 0
        mask = torch.where(real, 0., -1e9)[:, None, None]
        x = self.token_embedding(ids)
        index = buckets(ids.shape[1], ids.device)
        for b in self.blocks:
            x = b(x, mask, index)
        return self.norm(x) * real[..., None]


def ladder(positions, pairs, device):
    f = 10000. ** (-torch.arange(pairs, device=device, dtype=torch.float64) / pairs)
    return positions.to(torch.float64)[:, None] * f


def angles(T, H, W, head_dim, device):
    """[T,H*W,head_dim/2] rotations: frame, row and column each have their own pairs."""
    c = head_dim // 2
    n = c // 3
    t, y, x = (torch.arange(k, device=device) for k in (T, H, W))
    a = torch.cat([ladder(t, c - 2 * n, device)[:, None, None].expand(T, H, W, -1), ladder(y, n, device)[None, :, None].expand(T, H, W, -1),
                   ladder(x, n, device)[None, None].expand(T, H, W, -1)], -1)
    return a.reshape(T, H * W, c)


def rotate(x, cos, sin):
    """x [...,heads,head_dim]. While training, the two parts of complex number i stand at i and i + head_dim/2, which
    vectorises; `interleave` gives the exported weights the public order (2i, 2i+1). The products q·k are the same."""
    a, b = x.chunk(2, -1)
    return torch.cat([a * cos - b * sin, a * sin + b * cos], -1)


def interleave(state, heads):
    """Training order to public order, for the rows of q and k that are rotated."""
    out = dict(state)
    for n, v in state.items():
        if any(f'{a}_attn.{k}' in n for a in ('self', 'temporal') for k in ('q.', 'k.', 'norm_q.', 'norm_k.')):
            out[n] = v.unflatten(0, (heads, 2, -1)).transpose(1, 2).reshape(v.shape)
    return out


class Attention(nn.Module):
    def __init__(self, dim, heads, eps):
        super().__init__()
        self.heads = heads
        self.q, self.k, self.v, self.o = (nn.Linear(dim, dim) for _ in range(4))
        self.norm_q, self.norm_k = RMS(dim, eps), RMS(dim, eps)

    def qkv(self, x, c, rope):
        split = lambda y: y.view(*y.shape[:-1], self.heads, -1)
        q, k, v = split(self.norm_q(self.q(x))), split(self.norm_k(self.k(c))), split(self.v(c))
        if rope is not None:
            q, k = rotate(q, *rope), rotate(k, *rope)
        return q.to(v.dtype), k.to(v.dtype), v


def attend(q, k, v):
    """Attention of scaled q."""
    if q.is_cuda:
        return F.scaled_dot_product_attention(q, k, v, scale=1.)
    return (q @ k.transpose(-1, -2)).float().softmax(-1).to(v.dtype) @ v


def ln(x, eps):
    return F.layer_norm(x, (x.shape[-1],), eps=eps)


class Block(nn.Module):
    def __init__(self, dim, ffn_dim, heads, eps):
        super().__init__()
        self.eps = eps
        self.self_attn, self.temporal_attn, self.cross_attn = (Attention(dim, heads, eps) for _ in range(3))
        self.norm3 = nn.LayerNorm(dim, eps=eps)
        self.ffn = nn.Sequential(nn.Linear(dim, ffn_dim), nn.GELU(approximate='tanh'), nn.Linear(ffn_dim, dim))
        self.modulation = nn.Parameter(torch.randn(1, 9, dim) * .02)

    def forward(self, x, e, text, cos, sin, window):
        """x [B,T,S,d]; e [B,T,9,d]; text [B,L,d]; cos and sin [T,S,1,head_dim/2]; window [T,T] is added to the scores."""
        B, T, S, d = x.shape
        m = (e + self.modulation)[:, :, :, None].unbind(2)
        rope = (cos, sin)
        hd = d // self.self_attn.heads
        h = ln(x, self.eps) * (1 + m[1]) + m[0]
        q, k, v = self.self_attn.qkv(h, h, rope)
        h = attend(*(z.flatten(0, 1).transpose(1, 2) for z in (q * hd ** -.5, k, v)))
        x = (x + self.self_attn.o(h.transpose(1, 2).reshape(B, T, S, d)) * m[2]).to(x.dtype)
        h = ln(x, self.eps) * (1 + m[4]) + m[3]
        q, k, v = self.temporal_attn.qkv(h, h, rope)
        # Few frames: sums of products, fused, beat thousands of tiny matrix products.
        a = ((q * hd ** -.5)[:, :, None].float() * k[:, None].float()).sum(-1) + window[:, :, None, None]
        h = (a.softmax(2)[..., None] * v[:, None].float()).sum(2).to(v.dtype)
        x = (x + self.temporal_attn.o(h.reshape(B, T, S, d)) * m[5]).to(x.dtype)
        q, k, v = self.cross_attn.qkv(self.norm3(x).view(B, T * S, d), text, None)
        h = attend(*(z.transpose(1, 2) for z in (q * hd ** -.5, k, v)))
        x = x + self.cross_attn.o(h.transpose(1, 2).reshape(B, T, S, d))
        return (x + self.ffn(ln(x, self.eps) * (1 + m[7]) + m[6]) * m[8]).to(x.dtype)


class Head(nn.Module):
    def __init__(self, dim, out, eps):
        super().__init__()
        self.eps = eps
        self.head = nn.Linear(dim, out)
        self.modulation = nn.Parameter(torch.randn(1, 2, dim) * .02)

    def forward(self, x, e):
        m = (self.modulation + e[:, :, None])[:, :, :, None].unbind(2)
        return self.head(ln(x, self.eps) * (1 + m[1]) + m[0])


class DiT(nn.Module):
    def __init__(self, dim, ffn_dim, num_heads, num_layers, in_dim, freq_dim, text_dim, text_len, patch_size, temporal_window, eps):
        super().__init__()
        self.dim, self.heads, self.freq_dim, self.text_len, self.patch, self.window = dim, num_heads, freq_dim, text_len, patch_size, temporal_window
        n = patch_size[1] * patch_size[2]
        self.patch_embedding = nn.Conv3d(in_dim, dim, tuple(patch_size), tuple(patch_size))
        self.text_embedding = nn.Sequential(nn.Linear(text_dim, dim), nn.GELU(approximate='tanh'), nn.Linear(dim, dim))
        self.time_embedding = nn.Sequential(nn.Linear(freq_dim, dim), nn.SiLU(), nn.Linear(dim, dim))
        self.time_projection = nn.Sequential(nn.SiLU(), nn.Linear(dim, 9 * dim))
        self.blocks = nn.ModuleList([Block(dim, ffn_dim, num_heads, eps) for _ in range(num_layers)])
        self.head = Head(dim, in_dim * n, eps)
        # Rotation tells tokens only how far apart they are; a small model needs to be told where they are. The
        # same angles, as features: one small matrix for their cosines and one for their sines.
        pairs = dim // num_heads // 2
        self.position_embedding = nn.ModuleDict(dict(cos=nn.Linear(pairs, dim, bias=False), sin=nn.Linear(pairs, dim, bias=False)))
        for m in self.modules():
            if isinstance(m, nn.Linear):
                nn.init.xavier_uniform_(m.weight)
                if m.bias is not None:
                    nn.init.zeros_(m.bias)
        for f in self.position_embedding.values():
            nn.init.normal_(f.weight, std=.05)
        nn.init.zeros_(self.head.head.weight)
        nn.init.zeros_(self.time_projection[1].weight)
        with torch.no_grad():
            for b in self.blocks:
                b.modulation[:, 2::3] += .3
                b.cross_attn.o.weight.mul_(.3)

    def forward(self, x, t, text):
        """x [B,C,T,H,W]; t [B,T] in 0..1000, one per latent frame; text [B,text_len,text_dim]. The velocity."""
        B, C, T, H, W = x.shape
        _, p, q = self.patch
        h, w = H // p, W // q
        u = x.view(B, C, T, h, p, w, q).permute(0, 2, 3, 5, 1, 4, 6).reshape(B, T, h * w, C * p * q)
        u = F.linear(u, self.patch_embedding.weight.flatten(1), self.patch_embedding.bias)  # in bfloat16 under autocast, and so is the residual stream
        text = self.text_embedding(text)
        half = self.freq_dim // 2
        a = t[..., None].double() * 10000. ** (-torch.arange(half, device=x.device, dtype=torch.float64) / half)
        e = self.time_embedding(torch.cat([a.cos(), a.sin()], -1).float()).float()
        e9 = self.time_projection(e).float().view(B, T, 9, self.dim)
        a = angles(T, h, w, self.dim // self.heads, x.device)[:, :, None]
        cos, sin = a.cos().float(), a.sin().float()
        i = torch.arange(T, device=x.device)
        window = torch.where((i[:, None] - i[None]).abs() > self.window, -1e9, 0.)
        where = self.position_embedding['cos'](cos[:, :, 0]) + self.position_embedding['sin'](sin[:, :, 0])
        u = u + where.to(u.dtype)
        for b in self.blocks:
            u = b(u, e9, text, cos, sin, window)
        u = self.head(u, e).float()
        return u.view(B, T, h, w, p, q, C).permute(0, 6, 1, 2, 4, 3, 5).reshape(B, C, T, H, W)
