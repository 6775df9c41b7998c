"""Where it happens: one still picture per place, kept while the process lives."""
import functools
import torch
from draw import Canvas, any_of, both, box, capsule, circle, cut, ellipse, peak, taper

PLACES = ['plain', 'meadow', 'beach', 'city', 'night city', 'night', 'mars', 'moon', 'snow', 'room', 'sea']
SKY = {'plain': ((.86, .85, .80), (.86, .85, .80)), 'meadow': ((.60, .83, .97), (.80, .92, .97)), 'beach': ((.66, .88, .97), (.88, .95, .95)),
       'city': ((.62, .78, .93), (.88, .80, .78)), 'night city': ((.13, .14, .36), (.33, .25, .52)), 'night': ((.13, .16, .40), (.27, .31, .58)),
       'mars': ((.94, .73, .57), (.99, .86, .70)), 'moon': ((.15, .16, .36), (.18, .19, .42)), 'snow': ((.62, .76, .92), (.76, .86, .95)),
       'room': ((.94, .80, .70), (.94, .80, .70)), 'sea': ((.32, .70, .80), (.14, .45, .64))}


@functools.lru_cache(maxsize=96)
def picture(place, H, W, s=0.):
    """[3,H,W]; s in -1..1 shifts what stands at the sides."""
    a, b = (torch.tensor(q).view(1, 3, 1, 1) for q in SKY[place])
    v = torch.lerp(a, b, torch.linspace(0, 1, H).view(1, 1, H, 1)).expand(1, 3, H, W).contiguous()
    if place != 'plain':
        globals()['_' + place.replace(' ', '_')](Canvas(v), .08 * s)
    return v[0]


def _cloud(c, x, y, k, colour):
    c.paint(lambda u, v: [(both(any_of(circle(u, v, .5), circle(u - .5, v - .12, .36), circle(u + .5, v - .12, .36)), v - .2), colour)], x, y, k, reach=1.)


def _stars(c, points, colour=(.95, .94, .86)):
    for x, y in points:
        c.paint(lambda u, v: [(circle(u, v, 1.), colour)], x, y, .026, reach=1.2)


def _meadow(c, s):
    _cloud(c, -.85 - s, -.62, .30, (.97, .99, 1.))
    _cloud(c, .95 + s, -.74, .24, (.97, .99, 1.))
    c.paint(lambda x, y: [(circle(x + .8 + s, y - 1.9, 1.62), (.66, .85, .56)), (circle(x - .9 + s, y - 2.3, 1.95), (.58, .80, .50)), (.52 - y, (.50, .74, .42))])
    for x, y, q in ((-1.15, .72, (1, .80, .85)), (-.92, .90, (1, .95, .70)), (1.1, .70, (1, .95, .70)), (.82, .91, (1, .80, .85)), (1.24, .90, (1, 1, 1))):
        c.paint(lambda u, v: [(circle(u, v, 1.), q), (circle(u, v, .4), (.98, .75, .3))], x + s, y, .055, reach=1.1)


def _beach(c, s):
    c.paint(lambda x, y: [(circle(x + .95 + s, y + .62, .2), (1., .88, .50)), (.08 - y, (.36, .72, .82)), (.20 - y + .012 * torch.sin(9 * x), (.46, .79, .86)),
                          (.44 + .03 * torch.sin(4 * x) - y, (.95, .98, .97)), (.50 + .03 * torch.sin(4 * x) - y, (.96, .88, .70))])
    leaf = lambda u, v, a, b: cut(ellipse(u - a * .3, v - b, .34, .2), ellipse(u - a * .3, v - b - .12, .34, .2))
    c.paint(lambda u, v: [(capsule(u + .06 * v, v, .06, 0., -.04, 1.1, .055), (.62, .44, .28)), (any_of(leaf(u, v, 1, .05), leaf(u, v, -1, .05), leaf(u, v, .5, -.08), leaf(u, v, -.7, -.1)), (.24, .58, .36))],
            1.13 + s, -.42, reach=(.66, 1.2))


def _houses(c, s, walls, glass, lit):
    for k, (x, w, top) in enumerate(((-1.16, .20, -.35), (-.72, .20, -.62), (-.26, .22, -.20), (.24, .20, -.50), (.70, .22, -.15), (1.16, .20, -.58))):
        c.paint(lambda u, v: [(both(u.abs() - w, top - v), walls[k % len(walls)])] + [
            (any_of(*[box(u - a, v - top - .16 - .24 * q, .055, .065) for q in range(4) for a in ((-.09, .09) if lit is None or True else (0,)) if lit is None or (k * 5 + q * 3 + (a > 0)) % 3]), glass)],
            x + s, 0., reach=(w, 1.2))


def _street(c, ground, kerb, line):
    c.paint(lambda x, y: [(.56 - y, kerb), (.64 - y, ground), (both(((x + .25) % .5 - .25).abs() - .13, (y - .86).abs() - .03), line)])


def _city(c, s):
    _houses(c, s, ((.72, .70, .82), (.83, .76, .74), (.66, .76, .80)), (.56, .72, .86), None)
    _street(c, (.46, .47, .53), (.78, .77, .76), (.90, .88, .80))


def _night_city(c, s):
    c.paint(lambda u, v: [(circle(u, v, 1.), (.97, .93, .76))], -.45 + s, -.74, .13, reach=1.1)
    _houses(c, s, ((.22, .22, .46), (.28, .24, .52), (.19, .23, .42)), (.98, .80, .42), True)
    _street(c, (.25, .25, .40), (.36, .34, .52), (.85, .75, .50))


def _night(c, s):
    c.paint(lambda u, v: [(cut(circle(u, v, 1.), circle(u - .4, v + .2, .82)), (.99, .94, .74))], -.98 - s, -.62, .20, reach=1.1)
    _stars(c, [(x + s, y) for x, y in ((-.5, -.84), (-.12, -.6), (.3, -.82), (.72, -.6), (1.12, -.82), (1.18, -.3), (-1.2, -.15), (.95, -.05), (-.65, -.35))])
    c.paint(lambda x, y: [(.46 + .09 * torch.sin(2.6 * x + 1 + s) - y, (.20, .32, .46)), (.64 + .04 * torch.sin(3 * x) - y, (.18, .37, .40))])


def _mars(c, s):
    c.paint(lambda x, y: [(circle(x - .98 - s, y + .66, .12), (1., .95, .86)), (.30 + .10 * torch.sin(2.2 * x + 1 + s) - y, (.87, .57, .41)),
                          (.54 + .03 * torch.sin(3 * x) - y, (.75, .40, .28))])
    for x, y, k in ((-1.02, .74, .20), (1.08, .66, .14), (.42, .93, .12)):
        c.paint(lambda u, v: [(ellipse(u, v, 1., .34), (.58, .28, .20)), (ellipse(u, v - .12, .8, .22), (.67, .34, .24))], x + s, y, k, reach=(1.1, .5))
    c.paint(lambda u, v: [(both(circle(u, v, 1.), v - .2), (.62, .31, .22))], -1.2 + s, .55, .11, reach=1.1)


def _moon(c, s):
    _stars(c, [(x + s, y) for x, y in ((-1.15, -.2), (-.7, -.8), (-.3, -.55), (.15, -.85), (.55, -.3), (1.2, -.15), (-1.2, -.75), (.4, -.65))])
    c.paint(lambda u, v: [(circle(u, v, 1.), (.26, .55, .92)), (both(any_of(ellipse(u + .3, v + .25, .45, .32), ellipse(u - .35, v - .35, .36, .26)), circle(u, v, 1.)), (.42, .78, .50))],
            .96 + s, -.60, .22, reach=1.1)
    c.paint(lambda x, y: [(.42 + .06 * torch.sin(2 * x + 2 + s) - y, (.56, .57, .64)), (.56 + .03 * torch.sin(3 * x) - y, (.70, .70, .75))])
    for x, y, k in ((-.98, .74, .20), (1.02, .70, .15), (.35, .92, .14), (-.35, .66, .09)):
        c.paint(lambda u, v: [(ellipse(u, v, 1., .36), (.55, .55, .62)), (ellipse(u, v - .1, .8, .24), (.62, .62, .69))], x + s, y, k, reach=(1.1, .5))


def _snow(c, s):
    c.paint(lambda x, y: [(circle(x + .7 + s, y - 2.1, 1.85), (.72, .82, .93)), (.50 - .06 * torch.sin(2 * x + s) - y, (.82, .885, .955))])
    for x, k in ((-1.12, 1.), (-.78, .66), (1.08, .95), (.76, .6)):
        c.paint(lambda u, v: [(box(u, v - .56, .05, .1), (.50, .36, .30)), (any_of(peak(u, v - .50, .34, .5), peak(u, v - .22, .27, .46), peak(u, v + .04, .20, .42)), (.24, .50, .48)),
                              (both(peak(u, v + .04, .20, .42), v + .16), (.97, .99, 1.))], x + s, .12 + .1 * (1 - k), k * .9, reach=(.4, .7))
    for x, y in ((-.45, -.75), (-.05, -.9), (.42, -.7), (1.1, -.75), (-1.1, -.8), (.2, -.4), (-.5, -.2), (1.2, -.2), (-1.25, -.3)):
        c.paint(lambda u, v: [(circle(u, v, 1.), (.95, .98, 1.))], x + s, y, .03, reach=1.2)


def _room(c, s):
    c.paint(lambda x, y: [(.56 - y, (.80, .80, .78)), (.61 - y, (.70, .50, .38)), (both(((x + .3) % .6 - .3).abs() - .012, .63 - y), (.61, .42, .31))])
    c.paint(lambda u, v: [(box(u, v, .36, .36, .03), (.66, .46, .34)), (any_of(*[box(u - a, v - b, .145, .145) for a in (-.16, .16) for b in (-.16, .16)]), (.62, .84, .96))],
            -.88 + s, -.38, reach=.38)
    c.paint(lambda u, v: [(box(u, v, .22, .26, .02), (.60, .42, .30)), (box(u, v, .17, .21), (.99, .95, .86)), (circle(u, v - .02, .10), (.90, .60, .50))], .92 + s, -.44, reach=(.24, .3))
    c.paint(lambda u, v: [(any_of(ellipse(u - .12, v + .1, .10, .26), ellipse(u + .12, v + .1, .10, .26), ellipse(u, v + .18, .10, .30)), (.38, .62, .42)), (taper(u, v - .26, .16, .12, .14), (.85, .50, .36))],
            1.12 + s, .38, reach=(.26, .52))


def _sea(c, s):
    for x, w in ((-.7, .12), (-.1, .18), (.65, .13)):
        c.paint(lambda u, v: [(both((u + .35 * v).abs() - w, v - .6), (.60, .86, .90), .25)], x + s)
    c.paint(lambda x, y: [(.70 + .05 * torch.sin(3.4 * x + s) - y, (.88, .80, .58))])
    for x, h in ((-1.22, .62), (-1.06, .40), (1.06, .36), (1.22, .58)):
        c.paint(lambda u, v: [(capsule(u + .05 * torch.sin(8 * v), v, 0., 0., 0., -h, .05), (.12, .48, .36))], x + s, .80, reach=(.2, h + .1))
    for x, y, k in ((-1.1, -.2, .06), (-.96, -.45, .085), (1.02, -.30, .075), (1.16, -.55, .055), (.9, .1, .05)):
        c.paint(lambda u, v: [(circle(u, v, 1.), (.78, .94, .97), .55), (circle(u + .3, v + .3, .3), (1, 1, 1))], x + s, y, k, reach=1.1)
    c.paint(lambda u, v: [(any_of(capsule(u, v, 0., 0., 0., -.3, .05), capsule(u, v, 0., -.1, .16, -.3, .045), capsule(u, v, 0., -.05, -.15, -.22, .045)), (.95, .52, .52))], .82 + s, .86, reach=(.26, .4))
