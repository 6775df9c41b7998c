"""Anti-aliased drawing with signed distances: x and y are local coordinates that broadcast to [T,h,w],
per-frame numbers are [T,1,1], and a negative distance is inside."""
import math
import torch


def circle(x, y, r):
    return torch.sqrt(x * x + y * y) - r


def ellipse(x, y, a, b):
    k = torch.sqrt((x / a) ** 2 + (y / b) ** 2)
    return (k - 1) * (torch.minimum(torch.as_tensor(a), torch.as_tensor(b)) if torch.is_tensor(a) or torch.is_tensor(b) else min(a, b))


def box(x, y, w, h, r=0.):
    qx, qy = x.abs() - (w - r), y.abs() - (h - r)
    if not r:
        return torch.maximum(qx, qy)
    return torch.sqrt(qx.clamp(min=0) ** 2 + qy.clamp(min=0) ** 2) + torch.maximum(qx, qy).clamp(max=0) - r


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


def taper(x, y, top, foot, h):
    """A trapezoid of half height h, half widths top and foot."""
    k = (foot - top) / (2 * h)
    return torch.maximum((x.abs() - (top + foot) / 2 - k * y) / math.hypot(1, k), y.abs() - h)


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


def both(a, b):
    return torch.maximum(a, b)


class Canvas:
    """One clip being painted: v is [T,3,H,W] in 0..1; y runs -1..1 downwards, x is to the same scale.
    zoom [T,1,1] is the camera's, around the point focus."""

    def __init__(self, v, zoom=None, focus=(0., 0.)):
        self.v, self.zoom, self.focus = v, zoom, focus
        self.T, _, self.H, self.W = v.shape
        self.half, self.aspect = self.H / 2, self.W / self.H

    def _side(self, centre, scale, reach, size, edge):
        """Length of the window, its first pixel in each frame, and the local coordinates of its pixels."""
        flat = lambda q: q.view(-1) if torch.is_tensor(q) else torch.tensor([float(q)])
        if reach is None:
            n, first = size, torch.zeros(1)
        else:
            n = min(size, int(2 * reach * float(flat(scale).max()) * self.half) + 4)
            first = ((flat(centre) + edge) * self.half - n / 2).floor().clamp(0, size - n)
        x = (first[:, None] + torch.arange(n) + .5) / self.half - edge
        return n, first, (x - flat(centre)[:, None]) / flat(scale)[:, None]

    def paint(self, layers, cx=0., cy=0., scale=1., angle=None, reach=None):
        """Paints layers(x, y) -> [(distance, colour, opacity)] around (cx, cy) inside reach, one number or (across, upright)."""
        if self.zoom is not None:
            fx, fy = self.focus
            cx, cy, scale = (cx - fx) * self.zoom + fx, (cy - fy) * self.zoom + fy, scale * self.zoom
        rx, ry = reach if isinstance(reach, tuple) else (reach, reach)
        w, left, x = self._side(cx, scale, rx, self.W, self.aspect)
        h, top, y = self._side(cy, scale, ry, self.H, 1.)
        x, y = x[:, None], y[:, :, None]
        if angle is not None:
            c, s = angle.cos(), angle.sin()
            x, y = x * c + y * s, y * c - x * s
        sharp = scale * -self.half
        keep = paint = None
        for layer in layers(x, y):
            a = (layer[0] * sharp).add_(.5).clamp_(0, 1)
            if len(layer) > 2:
                a = a * layer[2]
            colour = layer[1]
            rest = 1 - a
            if keep is None:
                keep, paint = rest, torch.stack([a * q for q in colour])
                continue
            if torch.broadcast_shapes(keep.shape, rest.shape) == keep.shape:
                keep.mul_(rest)
                paint.mul_(rest)
            else:
                keep, paint = keep * rest, paint * rest
            for p, q in zip(paint, colour):
                if q:
                    p.add_(a, alpha=q)
        left, top = left.int().tolist(), top.int().tolist()
        if len(set(left)) == 1 and len(set(top)) == 1:
            v = self.v[:, :, top[0]:top[0] + h, left[0]:left[0] + w]
            v.mul_(keep[:, None]).add_(paint.transpose(0, 1))
            return
        for k in range(self.T):
            a, b = top[k % len(top)], left[k % len(left)]
            m = k % len(keep)
            self.v[k, :, a:a + h, b:b + w].mul_(keep[m]).add_(paint[:, m])
