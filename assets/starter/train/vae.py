"""The causal video VAE of Wan2.2 in any size, computed over the whole sequence at once.

Names and rules are the public model's; only the widths differ. The pixel side may work in
whitened colours while training; `fold` moves the change of colours into the first and last
convolution, so that the exported weights speak plain RGB in [-1, 1]."""
import torch
import torch.nn as nn
import torch.nn.functional as F

CONFIG = dict(dim=24, dec_dim=32, z_dim=12, dim_mult=[1, 2, 2], num_res_blocks=1, temperal_downsample=[True, True])


def frames(x):
    """[B,C,T,H,W] as pictures [B*T,C,H,W]; no copy where channels are last."""
    return x.permute(0, 2, 1, 3, 4).flatten(0, 1)


def clips(f, B):
    return f.unflatten(0, (B, -1)).permute(0, 2, 1, 3, 4)


def norm_silu(x, gamma):
    # |x|/sqrt(C) is the root of the mean square; the tiny term plays the part of the reference's floor.
    s = torch.rsqrt(x.float().pow(2).mean(1, keepdim=True) + 1e-12)
    return F.silu(x * s.to(x.dtype) * gamma.to(x.dtype))


class CausalConv3d(nn.Conv3d):
    def __init__(self, i, o, k, stride=1):
        k = (k, k, k) if isinstance(k, int) else k
        super().__init__(i, o, k, stride, (0, k[1] // 2, k[2] // 2))
        self.front = k[0] - 1

    side_by_side = False  # frames as channels of pictures: on some GPUs far faster than the convolution over time

    def forward(self, x):
        if self.side_by_side:
            return taps(x, self.weight, self.bias, self.front, self.padding[1:])
        if self.front:
            x = F.pad(x, (0, 0, 0, 0, self.front, 0))
        return super().forward(x)


def taps(x, weight, bias, front, padding, step=1):
    """A convolution over time and space as one over space, its taps in time being channels."""
    B, C, T, H, W = x.shape
    k = weight.shape[2]
    v = x.permute(0, 2, 1, 3, 4)
    if k > 1:
        if front:
            v = torch.cat([v[:, :1] * 0] * front + [v], 1)
        n = (v.shape[1] - k) // step + 1
        v = torch.cat([v[:, i:i + (n - 1) * step + 1:step] for i in range(k)], 2)
    w = weight.permute(0, 2, 1, 3, 4).flatten(1, 2)
    y = F.conv2d(v.flatten(0, 1).contiguous(memory_format=torch.channels_last), w.contiguous(memory_format=torch.channels_last), bias, 1, padding)
    return clips(y, B)


class Norm(nn.Module):
    def __init__(self, c, images=False):
        super().__init__()
        self.gamma = nn.Parameter(torch.ones(c, 1, 1) if images else torch.ones(c, 1, 1, 1))

    def forward(self, x):
        s = torch.rsqrt(x.float().pow(2).mean(1, keepdim=True) + 1e-12)
        return x * s.to(x.dtype) * self.gamma.to(x.dtype)


class Residual(nn.Module):
    def __init__(self, i, o):
        super().__init__()
        self.residual = nn.Sequential(Norm(i), nn.SiLU(), CausalConv3d(i, o, 3),
                                      Norm(o), nn.SiLU(), nn.Identity(), CausalConv3d(o, o, 3))
        self.shortcut = CausalConv3d(i, o, 1) if i != o else nn.Identity()

    def forward(self, x):
        r = self.residual
        y = r[2](norm_silu(x, r[0].gamma))
        return self.shortcut(x) + r[6](norm_silu(y, r[3].gamma))


class Attention(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.norm = Norm(c, True)
        self.to_qkv = nn.Conv2d(c, 3 * c, 1)
        self.proj = nn.Conv2d(c, c, 1)

    def forward(self, x):
        B, C, T, H, W = x.shape
        f = frames(x)
        q, k, v = self.to_qkv(self.norm(f)).reshape(B * T, 3, C, H * W).transpose(2, 3).unbind(1)
        a = F.scaled_dot_product_attention(q[:, None].contiguous(), k[:, None].contiguous(), v[:, None].contiguous())
        a = self.proj(a[:, 0].transpose(1, 2).reshape(B * T, C, H, W))
        return x + a.view(B, T, C, H, W).permute(0, 2, 1, 3, 4)


class Resample(nn.Module):
    def __init__(self, c, time, up):
        super().__init__()
        conv = nn.Conv2d(c, c, 3, padding=1) if up else nn.Conv2d(c, c, 3, stride=2)
        self.resample = nn.Sequential(nn.Identity(), conv)
        self.up = up
        self.time_conv = None
        if time:
            self.time_conv = CausalConv3d(c, 2 * c, (3, 1, 1)) if up else nn.Conv3d(c, c, (3, 1, 1), (2, 1, 1))

    def space(self, x):
        conv, f = self.resample[1], frames(x)
        if self.up:
            return clips(conv(F.interpolate(f, scale_factor=2., mode='nearest')), len(x))
        return clips(conv(F.pad(f, (0, 1, 0, 1))), len(x))

    def forward(self, x):
        if not self.up:
            x = self.space(x)
            if self.time_conv is not None and x.shape[2] > 1:
                c = self.time_conv
                y = taps(x, c.weight, c.bias, 0, (0, 0), 2) if CausalConv3d.side_by_side else c(x)
                x = torch.cat([x[:, :, :1], y], 2)
            return x
        if self.time_conv is not None and x.shape[2] > 1:
            B, C, T, H, W = x.shape
            u = self.time_conv(x[:, :, 1:]).view(B, 2, C, T - 1, H, W)
            u = u.permute(0, 2, 3, 1, 4, 5).reshape(B, C, 2 * (T - 1), H, W)
            x = torch.cat([x[:, :, :1], u], 2)
        return self.space(x)


def avg_down(x, out, ft, fs):
    if ft == 1 and fs == 1:
        return x
    if ft > 1:
        x = F.pad(x, (0, 0, 0, 0, ft - 1, 0)) if x.shape[2] % ft else x
    B, C, T, H, W = x.shape
    x = x.view(B, C, T // ft, ft, H // fs, fs, W // fs, fs).permute(0, 1, 3, 5, 7, 2, 4, 6)
    return x.reshape(B, out, C * ft * fs * fs // out, T // ft, H // fs, W // fs).mean(2)


def dup_up(x, out, ft, fs):
    B, C, T, H, W = x.shape
    x = x.repeat_interleave(out * ft * fs * fs // C, 1).view(B, out, ft, fs, fs, T, H, W)
    x = x.permute(0, 1, 5, 2, 6, 3, 7, 4).reshape(B, out, T * ft, H * fs, W * fs)
    return x[:, :, ft - 1:]


class Down(nn.Module):
    def __init__(self, i, o, blocks, time, last):
        super().__init__()
        self.out, self.ft, self.fs = o, 2 if time else 1, 1 if last else 2
        self.downsamples = nn.ModuleList([Residual(i if k == 0 else o, o) for k in range(blocks)])
        if not last:
            self.downsamples.append(Resample(o, time, False))

    def forward(self, x):
        y = x
        for d in self.downsamples:
            y = d(y)
        return y + avg_down(x, self.out, self.ft, self.fs)


class Up(nn.Module):
    def __init__(self, i, o, blocks, time, last):
        super().__init__()
        self.out, self.ft, self.last = o, 2 if time else 1, last
        self.upsamples = nn.ModuleList([Residual(i if k == 0 else o, o) for k in range(blocks)])
        if not last:
            self.upsamples.append(Resample(o, time, True))

    def forward(self, x):
        y = x
        for u in self.upsamples:
            y = u(y)
        return y if self.last else y + dup_up(x, self.out, self.ft, 2)


class Encoder(nn.Module):
    def __init__(self, dim, z, mult, blocks, times):
        super().__init__()
        w = [dim * m for m in [1] + mult]
        n = len(mult)
        self.conv1 = CausalConv3d(12, w[0], 3)
        self.downsamples = nn.ModuleList(
            [Down(w[k], w[k + 1], blocks, k < n - 1 and times[k], k == n - 1) for k in range(n)])
        self.middle = nn.Sequential(Residual(w[-1], w[-1]), Attention(w[-1]), Residual(w[-1], w[-1]))
        self.head = nn.Sequential(Norm(w[-1]), nn.SiLU(), CausalConv3d(w[-1], z, 3))

    def end(self, x):
        return self.head[2](norm_silu(x, self.head[0].gamma))

    def forward(self, x):
        x = self.conv1(x)
        for d in self.downsamples:
            x = d(x)
        return self.end(self.middle(x))


class Decoder(nn.Module):
    def __init__(self, dim, z, mult, blocks, times):
        super().__init__()
        w = [dim * m for m in [mult[-1]] + mult[::-1]]
        n = len(mult)
        self.conv1 = CausalConv3d(z, w[0], 3)
        self.middle = nn.Sequential(Residual(w[0], w[0]), Attention(w[0]), Residual(w[0], w[0]))
        self.upsamples = nn.ModuleList(
            [Up(w[k], w[k + 1], blocks + 1, k < n - 1 and times[k], k == n - 1) for k in range(n)])
        self.head = nn.Sequential(Norm(w[-1]), nn.SiLU(), CausalConv3d(w[-1], 12, 3))

    def forward(self, x):
        x = self.middle(self.conv1(x))
        for u in self.upsamples:
            x = u(x)
        return self.head[2](norm_silu(x, self.head[0].gamma))


def patchify(x):
    B, C, T, H, W = x.shape
    return x.view(B, C, T, H // 2, 2, W // 2, 2).permute(0, 1, 6, 4, 2, 3, 5).reshape(B, 4 * C, T, H // 2, W // 2)


def unpatchify(x):
    B, C, T, H, W = x.shape
    return x.view(B, C // 4, 2, 2, T, H, W).permute(0, 1, 4, 5, 3, 6, 2).reshape(B, C // 4, T, 2 * H, 2 * W)


class VAE(nn.Module):
    def __init__(self, dim, dec_dim, z_dim, dim_mult, num_res_blocks, temperal_downsample, **_):
        super().__init__()
        self.encoder = Encoder(dim, 2 * z_dim, dim_mult, num_res_blocks, temperal_downsample)
        self.conv1 = CausalConv3d(2 * z_dim, 2 * z_dim, 1)
        self.conv2 = CausalConv3d(z_dim, z_dim, 1)
        self.decoder = Decoder(dec_dim, z_dim, dim_mult, num_res_blocks, temperal_downsample[::-1])

    def encode(self, x):
        """Pixels [B,3,T,H,W] to the mean of the latents (not normalised)."""
        return self.conv1(self.encoder(patchify(x))).chunk(2, 1)[0]

    def decode(self, z):
        return unpatchify(self.decoder(self.conv2(z)))


def fold(state, matrix, inverse, mean):
    """Weights trained on whitened colours (x @ matrix in, y @ inverse + mean out) become weights on RGB."""
    s = {k: v.clone().float() for k, v in state.items()}
    w = s['encoder.conv1.weight']
    o = w.shape[0]
    s['encoder.conv1.weight'] = torch.einsum('odqthw,cd->ocqthw', w.view(o, 3, 4, 3, 3, 3), matrix).reshape(w.shape)
    w = s['decoder.head.2.weight']
    i = w.shape[1]
    s['decoder.head.2.weight'] = torch.einsum('cqithw,cd->dqithw', w.view(3, 4, i, 3, 3, 3), inverse).reshape(w.shape)
    b = torch.einsum('cq,cd->dq', s['decoder.head.2.bias'].view(3, 4), inverse) + mean[:, None]
    s['decoder.head.2.bias'] = b.reshape(12)
    return s
