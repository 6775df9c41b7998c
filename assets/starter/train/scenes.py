"""Class animations: whole pictures with a layout of their own."""
import math
import torch
from draw import Canvas, any_of, box, capsule, circle, cut, ellipse

SCENES = ['pendulum', 'planets', 'ice', 'water', 'steam', 'plant', 'volcano', 'moon', 'gears', 'bars', 'wave']
PAPER = (.95, .93, .87)
GROUND = {'pendulum': PAPER, 'planets': (.07, .08, .20), 'ice': (.86, .93, .98), 'water': (.80, .90, .97),
          'steam': (.97, .90, .84), 'plant': (.80, .92, .97), 'volcano': (.55, .68, .85), 'moon': (.08, .09, .19),
          'gears': PAPER, 'bars': PAPER, 'wave': (.93, .95, .97)}


def scene(name, n, T, H, W, j):
    """Draws scene `name` for n clips; j [n,4] are small variations in -1..1."""
    ground = torch.tensor(GROUND[name]).view(1, 3, 1, 1).expand(n, 3, H, W)
    c = Canvas(ground, T)
    t = torch.linspace(0, 1, T).view(1, T, 1, 1)
    a, b = j[:, 0].view(n, 1, 1, 1), j[:, 1].view(n, 1, 1, 1)
    globals()['_' + name if name not in ('ice', 'water', 'steam') else '_molecules'](c, t, a, b, name)
    return c.v


def _pendulum(c, t, a, b, _):
    swing = .62 * torch.cos(2 * math.pi * (t + .04 * a))
    x, y = 1.25 * swing.sin(), -.78 + 1.25 * swing.cos()
    c.paint(lambda u, v: [(box(u, v + .85, .7, .07, .03), (.45, .32, .25)),
                          (capsule(u, v, 0., -.78, x, y, .022), (.30, .30, .35)),
                          (circle(u, v + .78, .05), (.30, .30, .35)), (circle(u - x, v - y, .22), (.20, .42, .80)),
                          (circle(u - x + .07, v - y + .07, .05), (.70, .82, 1.))])


def _planets(c, t, a, b, _):
    ring = lambda u, v, r: circle(u, v, r).abs() - .006
    c.paint(lambda u, v: [(any_of(ring(u, v, .42), ring(u, v, .66), ring(u, v, .9)), (.30, .33, .50)),
                          (circle(u, v, .22), (1., .80, .22)), (circle(u, v, .15), (1., .90, .45))])
    for r, turns, start, size, colour in ((.42, 1., 0., .075, (.85, .55, .40)), (.66, .6, 2.1, .105, (.25, .55, .95)),
                                          (.9, .35, 4.2, .14, (.88, .68, .45))):
        w = 2 * math.pi * turns * t + start + .25 * a
        c.paint(lambda u, v: [(circle(u, v, size), colour)], r * w.cos(), r * w.sin(), reach=size + .02)


def _molecules(c, t, a, b, name):
    if name == 'ice':
        c.paint(lambda u, v: [(box(u, v, .95, .68, .05), (.72, .86, .97))])
    if name == 'water':
        c.paint(lambda u, v: [(torch.maximum(-.45 + .03 * torch.sin(5 * u + 6.28 * t) - v, v - 2), (.62, .82, .95))])
    k = 0
    for row in range(3):
        for col in range(4):
            k += 1
            x, y = -.78 + .52 * col, -.46 + .46 * row
            w = 2 * math.pi * t
            if name == 'ice':
                x, y, spin = x + .02 * torch.sin(2 * w + k), y + .02 * torch.cos(2 * w + 2 * k), .15 * torch.sin(2 * w + k)
            elif name == 'water':
                if row == 0:
                    continue
                x, y = x + .11 * torch.sin(w + 1.7 * k + a), y + .02 + .08 * torch.cos(w + 2.3 * k)
                spin = .9 * torch.sin(w + k)
            else:
                if (row + col) % 2:
                    continue
                x = x + .26 + .30 * torch.sin(1.5 * w + 2.1 * k + a) - .26
                y, spin = y + .30 * torch.cos(1.5 * w + 1.3 * k + b), 1.5 * w + k
            atom = lambda u, v: [(any_of(circle(u - .10, v + .085, .065), circle(u + .10, v + .085, .065)), (.98, .98, 1.)),
                                 (circle(u, v, .12), (.88, .22, .24))]
            one = torch.ones(c.n, c.T, 1, 1)
            c.paint(atom, x * one, y * one, 1., spin * one, reach=.22)


def _plant(c, t, a, b, _):
    g = (.08 + 1.0 * t).clamp(max=1)
    top = .52 - 1.0 * g
    leaf = lambda u, v, s, h: ellipse((u - s * .26) * .9 + s * (v - .52 + 1.0 * h) * .35, v - .52 + 1.0 * h + .05, .27, .10)
    def show(h):
        return ((g - h) * 8).clamp(0, 1)
    c.paint(lambda u, v: [(.52 - v, (.47, .31, .22)), (circle(u - 1.0, v + .68, .2), (1., .82, .30)),
                          (capsule(u, v, 0., .52, .03 * torch.sin(6 * t), top, .045), (.25, .62, .28)),
                          (leaf(u, v, 1, .3), (.30, .70, .32), show(.34)), (leaf(u, v, -1, .45), (.30, .70, .32), show(.5)),
                          (leaf(u, v, 1, .62), (.30, .70, .32), show(.68)),
                          (any_of(*[circle(u - .15 * math.cos(q), v - top - .15 * math.sin(q), .12)
                                    for q in (0, 1.2566, 2.5133, 3.7699, 5.0265)]), (.98, .50, .66), show(.85)),
                          (circle(u, v - top, .10), (1., .85, .3), show(.85))])


def _volcano(c, t, a, b, _):
    def cone(u, v):
        return torch.maximum(torch.maximum((u.abs() - .16) * .8 - (v + .08) * .62, -.08 - v), v - .72)
    for k in range(7):
        p = torch.remainder(t * 1.5 + k / 7, 1.)
        x = (k - 3) * .17 * p * 1.6
        y = -.08 - 1.5 * p + 1.75 * p * p
        c.paint(lambda u, v: [(circle(u, v, .085), (1., .50, .12) if k % 2 else (.95, .24, .12))],
                x.expand(c.n, -1, 1, 1), y.expand(c.n, -1, 1, 1), reach=.12)
    flow = .12 + .62 * t
    c.paint(lambda u, v: [(.72 - v, (.36, .50, .34)), (cone(u, v), (.40, .32, .32)),
                          (torch.maximum(cone(u, v), torch.maximum(v + .08 - flow, (u + .05 * torch.sin(9 * v)).abs() - .09)), (1., .42, .10)),
                          (ellipse(u, v + .08, .17, .05), (1., .60, .15))])


def _moon(c, t, a, b, _):
    stars = ((-1.1, -.7), (-.8, .5), (.95, -.6), (1.1, .45), (-.55, -.85), (.5, .85), (-1.15, .1))
    shade = 1.25 * (2 * t - 1)
    c.paint(lambda u, v: [(any_of(*[circle(u - x, v - y, .022) for x, y in stars]), (.85, .87, .95)),
                          (circle(u, v, .62), (.94, .92, .80)),
                          (any_of(circle(u + .2, v - .15, .12), circle(u - .22, v + .2, .09), circle(u - .1, v - .32, .07)), (.82, .80, .68)),
                          (torch.maximum(circle(u, v, .63), circle(u - shade, v, .64)), (.20, .21, .32))])


def _gears(c, t, a, b, _):
    def gear(u, v, r, teeth, hole):
        d, q = torch.sqrt(u * u + v * v), torch.atan2(u, v)
        return torch.maximum(d - r - .055 * torch.tanh(4 * torch.cos(teeth * q)), hole - d)
    w = math.pi / 2 * t + .1 * a
    one = torch.ones(c.n, c.T, 1, 1)
    mark = lambda u, v, r, col: [(gear(u, v, r, round(r * 20), .1), col), (circle(u, v + r * .62, .06), PAPER)]
    c.paint(lambda u, v: mark(u, v, .5, (.85, .45, .25)), -.42 * one, .08 * one, 1., w * one, reach=.6)
    c.paint(lambda u, v: mark(u, v, .35, (.25, .50, .70)), .47 * one, -.12 * one, 1., -w * one * 10 / 7 + .2, reach=.45)


def _bars(c, t, a, b, _):
    c.paint(lambda u, v: [(any_of(box(u, v - .72, 1.0, .015), box(u + 1.0, v, .015, .73)), (.25, .27, .32))])
    for k, (h, col) in enumerate(((.55, (.88, .30, .30)), (.85, (.95, .65, .20)), (.7, (.25, .65, .45)), (1.15, (.25, .45, .85)))):
        g = h * (t * 2.2 - .3 * k).clamp(.03, 1) + .04 * a
        x = -.68 + .45 * k
        c.paint(lambda u, v: [(torch.maximum(torch.maximum((u - x).abs() - .15, v - .705), .705 - g - v), col)])


def _wave(c, t, a, b, _):
    w = lambda u, s: .38 * torch.sin(4.2 * u - 2 * math.pi * t * s + .3 * a)
    c.paint(lambda u, v: [(box(u, v, 1.2, .008), (.55, .58, .65)), ((v - w(u, 1.)).abs() * .62 - .04, (.15, .45, .85))])
    x = torch.zeros(c.n, c.T, 1, 1)
    c.paint(lambda u, v: [(circle(u, v, .11), (.95, .40, .25))], x, w(x, 1.), reach=.14)
