"""Anti-aliased drawing with signed distances, in batches: x and y are [n,T,h,w] local coordinates,
per-clip and per-frame numbers are [n,T,1,1], and a negative distance is inside."""
import math
import torch


def circle(x, y, r):
    return torch.sqrt(x * x + y * y) - r


def ellipse(x, y, a, b):
    k = torch.sqrt((x / a) ** 2 + (y / b) ** 2)
    return (k - 1) * min(a, b)


def box(x, y, w, h, r=0.):
    qx, qy = x.abs() - (w - r), y.abs() - (h - r)
    out = torch.sqrt(qx.clamp(min=0) ** 2 + qy.clamp(min=0) ** 2)
    return out + torch.maximum(qx, qy).clamp(max=0) - r


def capsule(x, y, ax, ay, bx, by, r):
    px, py, dx, dy = x - ax, y - ay, bx - ax, by - ay
    h = ((px * dx + py * dy) / (dx * dx + dy * dy)).clamp(0, 1)
    return torch.sqrt((px - dx * h) ** 2 + (py - dy * h) ** 2) - r


def triangle(x, y, r):
    return torch.maximum(0.8660254 * x.abs() - 0.5 * y - 0.5 * r, y - 0.5 * r)


def peak(x, y, w, h):
    """A tall triangle, point up at (0,-h), foot of half width w at y = 0."""
    n = math.hypot(w, h)
    return torch.maximum((x.abs() * h + (y + h) * -w) / n, y)


def star(x, y, r, inner=.5):
    m = math.pi / 5
    a = torch.remainder(torch.atan2(x, -y) + m, 2 * m) - m
    d = torch.sqrt(x * x + y * y)
    ix, iy = inner * r * math.sin(m), inner * r * math.cos(m) - r
    n = math.hypot(ix, iy)
    return (d * a.sin().abs() * -iy + (d * a.cos() - r) * ix) / n


def heart(x, y, r):
    x, y = x.abs() / r, 0.55 - y / r
    lobe = torch.sqrt((x - .25) ** 2 + (y - .75) ** 2) - math.sqrt(2) / 4
    t = 0.5 * (x + y).clamp(min=0)
    tip = torch.sqrt(torch.minimum(x * x + (y - 1) ** 2, (x - t) ** 2 + (y - t) ** 2)) * torch.sign(x - y)
    return torch.where(x + y > 1, lobe, tip) * r


def any_of(*d):
    out = d[0]
    for e in d[1:]:
        out = torch.minimum(out, e)
    return out


def cut(a, b):
    return torch.maximum(a, -b)


class Canvas:
    """Clips being painted: v is [n,T,3,H,W] in 0..1; y runs -1..1 downwards, x is to the same scale."""

    def __init__(self, background, frames):
        n, _, H, W = background.shape
        self.v = background[:, None].expand(n, frames, 3, H, W).contiguous()
        self.n, self.T, self.H, self.W = n, frames, H, W
        self.y = (torch.arange(H) + .5) * 2 / H - 1
        self.x = ((torch.arange(W) + .5) * 2 / W - 1) * W / H

    def window(self, x0, x1, y0, y1):
        """Slices of rows and columns that cover a rectangle, or None when it is off the picture."""
        c = self.H / 2
        a, b = int(max(0, (x0 + self.W / self.H) * c - 1)), int(min(self.W, (x1 + self.W / self.H) * c + 2))
        t, u = int(max(0, (y0 + 1) * c - 1)), int(min(self.H, (y1 + 1) * c + 2))
        return (slice(t, u), slice(a, b)) if a < b and t < u else None

    def paint(self, layers, cx=0., cy=0., scale=1., angle=None, reach=None):
        """Paints layers(x, y) -> [(distance, colour, opacity)] around (cx, cy); reach bounds the figure."""
        one = lambda q: q if torch.is_tensor(q) else torch.full((self.n, self.T, 1, 1), float(q))
        cx, cy, scale = one(cx), one(cy), one(scale)
        if reach is None:
            win = (slice(0, self.H), slice(0, self.W))
        else:
            r = scale * reach
            win = self.window((cx - r).min().item(), (cx + r).max().item(), (cy - r).min().item(), (cy + r).max().item())
        if win is None:
            return
        x, y = (self.x[win[1]] - cx) / scale, (self.y[win[0]][:, None] - cy) / scale
        if angle is not None:
            c, s = angle.cos(), angle.sin()
            x, y = x * c + y * s, y * c - x * s
        v = self.v[:, :, :, win[0], win[1]]
        for layer in layers(x, y):
            a = (0.5 - layer[0] * scale * (self.H / 2)).clamp_(0, 1)
            if len(layer) > 2:
                a = a * layer[2]
            colour = layer[1] if torch.is_tensor(layer[1]) else torch.tensor(layer[1], dtype=torch.float32)
            colour = colour.view(1, 1, 3, 1, 1) if colour.ndim == 1 else colour.view(self.n, 1, 3, 1, 1)
            v = torch.lerp(v, colour.expand_as(v), a[:, :, None].expand_as(v))
        self.v[:, :, :, win[0], win[1]] = v
