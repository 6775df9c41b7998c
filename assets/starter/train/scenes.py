"""Class animations: whole pictures with a layout of their own."""
import math
import torch
from draw import Canvas, any_of, both, box, capsule, circle, cut, ellipse, heart, peak, taper

SCENES = ['pendulum', 'planets', 'ice', 'water', 'steam', 'ball', 'plant', 'volcano', 'moon', 'wave', 'gears', 'bars', 'heartbeat', 'rocket', 'rain', 'clock']
PAPER = (.95, .93, .87)
GROUND = {'pendulum': PAPER, 'planets': (.07, .08, .20), 'ice': (.86, .93, .98), 'water': (.86, .93, .98), 'steam': (.99, .90, .82),
          'ball': (.93, .95, .97), 'plant': (.80, .92, .97), 'volcano': (.55, .68, .85), 'moon': (.08, .09, .19), 'wave': (.93, .95, .97), 'gears': PAPER,
          'bars': PAPER, 'heartbeat': (.99, .92, .90), 'rocket': (.42, .62, .88), 'rain': (.66, .76, .84), 'clock': (.80, .88, .88)}
TURN = 2 * math.pi


def scene(name, v, j):
    """Draws scene `name` into v [T,3,H,W]; j holds small variations in -1..1."""
    v.copy_(torch.tensor(GROUND[name]).view(1, 3, 1, 1).expand_as(v))
    t = torch.linspace(0, 1, len(v)).view(-1, 1, 1)
    globals()['_' + name if name not in ('ice', 'water', 'steam') else '_molecules'](Canvas(v), t, j[0], j[1], name)


def _pendulum(c, t, a, b, _):
    swing = .66 * torch.cos(TURN * (t + .04 * a))
    x, y = 1.25 * swing.sin(), -.78 + 1.25 * swing.cos()
    c.paint(lambda u, v: [(box(u, v + .86, .75, .08, .03), (.45, .32, .25)), (both(circle(u, v + .78, 1.25).abs() - .012, .1 - v), (.82, .80, .76))])
    c.paint(lambda u, v: [(capsule(u, v + .78, 0., 0., x, y + .78, .026), (.30, .30, .35)), (circle(u, v + .78, .06), (.30, .30, .35))], reach=None)
    c.paint(lambda u, v: [(circle(u, v, .24), (.15, .38, .85)), (circle(u + .08, v + .08, .06), (.72, .85, 1.))], x, y, reach=.26)


def _planets(c, t, a, b, _):
    ring = lambda u, v, r: circle(u, v, r).abs() - .008
    c.paint(lambda u, v: [(any_of(ring(u, v, .44), ring(u, v, .68), ring(u, v, .88)), (.28, .31, .50)), (circle(u, v, .28), (.98, .62, .15)), (circle(u, v, .23), (1., .83, .25))])
    for r, turns, start, size, colour in ((.44, 1., 0., .085, (.90, .50, .36)), (.68, .6, 2.1, .12, (.25, .58, .98)), (.88, .35, 4.2, .12, (.90, .72, .48))):
        w = TURN * turns * t + start + .25 * a
        c.paint(lambda u, v: [(circle(u, v, size), colour)] + ([(ellipse(u, v, .20, .05).abs() - .012, (.98, .90, .72))] if r == .88 else []), r * w.cos(), r * w.sin(), reach=.24)


def _molecules(c, t, a, b, name):
    w, k = TURN * t, 0
    if name == 'ice':
        c.paint(lambda u, v: [(box(u, v, 1.0, .74, .08), (.62, .80, .96)), (box(u, v, .94, .68, .05), (.74, .88, .98))])
    if name == 'water':
        c.paint(lambda u, v: [(any_of(box(u + 1.08, v, .03, .84), box(u - 1.08, v, .03, .84), box(u, v - .82, 1.1, .03)), (.55, .62, .70)),
                              (both(both(u.abs() - 1.05, v - .79), -.38 + .03 * torch.sin(5 * u + w) - v), (.50, .76, .95))])
    if name == 'steam':
        c.paint(lambda u, v: [(any_of(*[capsule(u - x + .06 * torch.sin(6 * v - 2 * w + x), v, 0., -.5, 0., .5, .07) for x in (-.9, 0., .9)]), (1, .96, .93))])
        c.paint(lambda u, v: [(any_of(*[cut(ellipse(u - x, v - 1.02, .13, .26 + .05 * torch.sin(3 * w + x * 4)), v * 0 - 1) for x in (-.8, -.4, 0., .4, .8)]), (1., .52, .12))], reach=None)
    for row in range(3):
        for col in range(4):
            k += 1
            x, y = -.75 + .50 * col, -.46 + .46 * row
            if name == 'ice':
                x, y, spin = x + .018 * torch.sin(2 * w + k), y + .018 * torch.cos(2 * w + 2 * k), .12 * torch.sin(2 * w + k)
            elif name == 'water':
                if row == 0:
                    continue
                x, y, spin = x + .13 * torch.sin(w + 1.7 * k + a), y - .02 + .09 * torch.cos(w + 2.3 * k), .9 * torch.sin(w + k)
            else:
                if (row + col) % 2:
                    continue
                x, y, spin = x + .25 + .34 * torch.sin(1.5 * w + 2.1 * k + a), y + .32 * torch.cos(1.5 * w + 1.3 * k + b), 2 * w + k
            c.paint(lambda u, v: [(any_of(circle(u - .11, v + .09, .075), circle(u + .11, v + .09, .075)), (1., 1., 1.)), (circle(u, v, .13), (.90, .20, .24))],
                    x, y, 1., spin, reach=.25)


def _ball(c, t, a, b, _):
    """Falls and bounces, each time lower; where it was stays behind as a trail."""
    def way(q):
        x, y = -1.0 + 2.0 * q, torch.zeros_like(q)
        for lo, hi, h in ((-.22, .22, 1.30), (.22, .56, .82), (.56, .82, .48), (.82, 1.02, .26)):
            m = (q - lo) / (hi - lo)
            y = torch.where((m >= 0) & (m <= 1), 4 * h * m * (1 - m), y)
        return x, .56 - y
    c.paint(lambda u, v: [(.76 - v, (.55, .62, .68)), (.80 - v, (.72, .78, .82))])
    for k in range(13):
        q = torch.tensor(k / 13.)
        x, y = way(q)
        c.paint(lambda u, v: [(circle(u, v, .035), (.95, .55, .45), (t > q + .03).float())], float(x), float(y), reach=.05)
    x, y = way(t)
    c.paint(lambda u, v: [(circle(u, v, .20), (.95, .32, .22)), (circle(u + .07, v + .07, .05), (1, .78, .70))], x, y, reach=.22)


def _plant(c, t, a, b, _):
    g = (.04 + 1.05 * t).clamp(max=1)
    top = .52 - 1.05 * g
    def leaf(u, v, s, h):
        grown = ((g - h - .06) * 5).clamp(.01, 1)
        return ellipse((u - s * .26 * grown) + s * (v - .52 + 1.05 * h) * .3, v - .52 + 1.05 * h + .04, .26, .115) + (1 - grown) * .14
    c.paint(lambda u, v: [(circle(u - 1.0, v + .66, .2), (1., .82, .30)), (.50 - v, (.40, .25, .17)), (.56 - v, (.50, .33, .22)), (ellipse(u, v - .66, .13, .09), (.86, .70, .42))])
    c.paint(lambda u, v: [(capsule(u, v, 0., .64, .03 * torch.sin(6 * t), top, .05), (.25, .62, .28)),
                          (any_of(leaf(u, v, 1, .25), leaf(u, v, -1, .40), leaf(u, v, 1, .58)), (.30, .72, .32))], 0., 0., reach=(.62, .80))
    s = ((g - .72) * 4).clamp(.02, 1)
    c.paint(lambda u, v: [(any_of(*[circle(u - .17 * math.cos(q), v - .17 * math.sin(q), .13) for q in (0, 1.2566, 2.5133, 3.7699, 5.0265)]), (.98, .46, .62)),
                          (circle(u, v, .12), (1., .85, .3))], .03 * torch.sin(6 * t), top, s, reach=.32)


def _volcano(c, t, a, b, _):
    cone = lambda u, v: both(taper(u, v - .34, .20, .95, .42), v - .74)
    for k in range(3):
        q = torch.remainder(t + k / 3, 1.)
        c.paint(lambda u, v: [(circle(u, v, 1.), (.42, .42, .48), .75 * (1 - q))], .25 * q + .08 * (k - 1), -.15 - .75 * q, .12 + .2 * q, reach=1.1)
    for k in range(7):
        p = torch.remainder(t * 1.5 + k / 7, 1.)
        c.paint(lambda u, v: [(circle(u, v, .09), (1., .55, .12) if k % 2 else (.97, .24, .12))], (k - 3) * .30 * p, -.08 - 1.6 * p + 1.8 * p * p, reach=.12)
    flow = .05 + .66 * t
    c.paint(lambda u, v: [(.72 - v, (.36, .54, .34)), (cone(u, v), (.42, .33, .32))])
    c.paint(lambda u, v: [(both(cone(u, v), both(v + .08 - flow, any_of((u + .05 * torch.sin(9 * v)).abs() - .09, (u - .30 * (v + .1) - .05).abs() - .06, (u + .34 * (v + .1) + .06).abs() - .06))), (1., .42, .10)),
                          (ellipse(u, v + .08, .21, .06), (1., .68, .18))], 0., 0., reach=(1., .8))


def _moon(c, t, a, b, _):
    stars = ((-1.1, -.7), (-.8, .5), (.95, -.6), (1.1, .45), (-.95, -.15), (.85, .8), (-1.15, .85))
    shade = 1.30 * (2 * t - 1) + .06 * a
    c.paint(lambda u, v: [(any_of(*[circle(u - x, v - y, .028) for x, y in stars]), (.88, .89, .95)), (circle(u, v, .64), (.97, .94, .80)),
                          (any_of(circle(u + .2, v - .15, .14), circle(u - .24, v + .2, .11), circle(u - .1, v - .36, .08)), (.86, .83, .70))])
    c.paint(lambda u, v: [(both(circle(u, v, .65), circle(u - shade, v, .66)), (.17, .18, .30))], 0., 0., reach=.68)


def _wave(c, t, a, b, _):
    w = lambda u: .42 * torch.sin(4.2 * u - TURN * t + .3 * a)
    c.paint(lambda u, v: [(box(u, v, 1.4, .012), (.62, .66, .72)), (box(u + 1.12, v, .012, .8), (.62, .66, .72))])
    c.paint(lambda u, v: [((v - w(u)).abs() * .55 - .045, (.12, .42, .90))], reach=None)
    c.paint(lambda u, v: [(circle(u, v, .12), (.97, .40, .22))], 0., w(torch.zeros_like(t)), reach=.14)


def _gears(c, t, a, b, _):
    def gear(r, teeth, colour, deep):
        def layers(u, v):
            d, q = torch.sqrt(u * u + v * v), torch.atan2(u, v)
            return [(d - r - .065 * torch.tanh(4 * torch.cos(teeth * q)), colour), (d - r * .62, deep), (box(u, v, r * .62, .055), colour), (box(u, v, .055, r * .62), colour),
                    (d - r * .28, colour), (circle(u, v + r * .80, .055), PAPER), (d - .08, PAPER)]
        return layers
    w = math.pi / 2 * t + .1 * a
    c.paint(gear(.52, 10, (.90, .48, .20), (.72, .34, .14)), -.44, .10, 1., w, reach=.6)
    c.paint(gear(.365, 7, (.20, .50, .80), (.13, .36, .62)), .50, -.14, 1., -w * 10 / 7 + .2, reach=.45)


def _bars(c, t, a, b, _):
    c.paint(lambda u, v: [(any_of(*[box(u, v - y, 1.05, .007) for y in (-.5, -.1, .3)]), (.84, .82, .77)), (any_of(box(u, v - .72, 1.05, .02), box(u + 1.05, v, .02, .74)), (.25, .27, .32))])
    for k, (h, col) in enumerate(((.50, (.90, .28, .30)), (.80, (.98, .66, .18)), (.65, (.20, .68, .45)), (1.22, (.22, .45, .90)))):
        g = h * (t * 2.2 - .3 * k).clamp(.03, 1) + .03 * a * (t > 0)
        c.paint(lambda u, v: [(both(both(u.abs() - .17, v - .70), .70 - g - v), col)], -.70 + .48 * k, 0., reach=(.18, .9))


def _heartbeat(c, t, a, b, _):
    beat = (torch.sin(TURN * 2 * t).clamp(min=0) ** 2 + .5 * torch.sin(TURN * 2 * t - 1.6).clamp(min=0) ** 2) * .24
    k = .60 + .02 * a + .60 * beat
    c.paint(lambda u, v: [(circle(u, v, 1.), (.99, .85, .84))], 0., -.04, .52 + 1.9 * beat, reach=1.02)
    c.paint(lambda u, v: [(heart(u, v, 1.5), (.90, .13, .22)), (ellipse(u + .40, v + .34, .20, .14), (1, .62, .64))], 0., -.04, k, reach=1.1)
    x = 3.4 * t - 1.7
    d = lambda u: -.13 * torch.exp(-((u + .5) * 16) ** 2) - .26 * torch.exp(-((u - .1) * 18) ** 2) + .14 * torch.exp(-((u - .22) * 18) ** 2)
    c.paint(lambda u, v: [(both((v - .80 - d(u)).abs() * .5 - .022, u - x), (.80, .20, .30))], reach=None)


def _rocket(c, t, a, b, _):
    y = .30 - 1.75 * t ** 2 + .02 * torch.sin(40 * t) * (t < .3)
    c.paint(lambda u, v: [(any_of(circle(u - .95, v + .45, .16), circle(u - .75, v + .40, .20), circle(u - .55, v + .43, .14), circle(u + .95, v + .1, .15), circle(u + 1.1, v + .06, .18)), (.92, .95, .98)),
                          (.74 - v, (.45, .60, .42)), (box(u, v - .78, .45, .05), (.50, .50, .55))])
    for k in range(6):
        q = (t * 1.4 - .04 * k).clamp(0, 1)
        c.paint(lambda u, v: [(circle(u, v, 1.), (.90, .90, .92), (q * 6).clamp(0, 1) * (1 - .5 * q))], ((k - 2.5) * .30) * q, .74 - .06 * (k % 2), .08 + .20 * q, reach=1.1)
    flame = .30 + .12 * torch.sin(50 * t)
    c.paint(lambda u, v: [(ellipse(u, v - .50, .13, flame), (1., .50, .12)), (ellipse(u, v - .48, .07, flame * .6), (1., .90, .45)),
                          (any_of(peak(u + .20, v - .48, .13, .42), peak(u - .20, v - .48, .13, .42)), (.90, .20, .22)), (both(ellipse(u, v - .02, .22, .62), v - .46), (.97, .97, .98)),
                          (both(ellipse(u, v - .02, .22, .62), v + .28), (.90, .20, .22)), (circle(u, v - .02, .11), (.30, .36, .50)), (circle(u, v - .02, .075), (.55, .84, .98))],
            0., y, .9, reach=(.4, .96))


def _rain(c, t, a, b, _):
    c.paint(lambda u, v: [(.62 - v, (.42, .64, .40)), (ellipse(u, v - .84, .62, .12), (.42, .64, .86))])
    for k in range(14):
        q = torch.remainder(2 * t + (k * 5 % 14) / 14, 1.)
        c.paint(lambda u, v: [(any_of(ellipse(u, v, .045, .075), peak(u, v, .04, .13)), (.16, .44, .88))], -.95 + .145 * k, -.28 + 1.06 * q, reach=(.08, .16))
    puff = lambda u, v: both(any_of(circle(u, v, .34), circle(u + .42, v - .10, .26), circle(u - .42, v - .08, .28), circle(u - .76, v - .16, .18), circle(u + .76, v - .16, .18)), v - .22)
    c.paint(lambda u, v: [(puff(u, v), (.50, .54, .64)), (puff(u, v + .07) + .05, (.66, .70, .78))], .06 * torch.sin(TURN * t) + .05 * a, -.52, 1.05, reach=(1.1, .5))


def _clock(c, t, a, b, _):
    w, h = TURN * (t + .04 * a), TURN * (t / 6 + .12 + .05 * b)
    c.paint(lambda u, v: [(circle(u, v, .80), (.20, .36, .55)), (circle(u, v, .69), (.99, .98, .94)),
                          (any_of(*[circle(u - .57 * math.sin(q * TURN / 12), v - .57 * math.cos(q * TURN / 12), .05 if q % 3 else .075) for q in range(12)]), (.30, .33, .42))], 0., 0., reach=.84)
    c.paint(lambda u, v: [(capsule(u, v, 0., 0., .32 * h.sin(), -.32 * h.cos(), .055), (.16, .18, .26)), (capsule(u, v, 0., 0., .50 * w.sin(), -.50 * w.cos(), .042), (.90, .24, .22)),
                          (circle(u, v, .075), (.16, .18, .26))], 0., 0., reach=.58)
