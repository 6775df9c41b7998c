"""The drawn world: what there is to see, how it moves, where; sampled, held out and rendered.

A clip is a dict: kind 'thing' (subject, colour, motion, place, count, speed, camera), 'character' (subject,
colour or None, dress, action, place, speed, camera) or 'scene' (subject); count, speed and camera may be
missing; j holds four small variations in -1..1."""
import hashlib
import random
import torch
import torch.nn.functional as F
from draw import Canvas, any_of, both, box, circle, ellipse
from figures import COLOURS, PRODUCTS, REACH, SHAPES, potato, shape, sprout
from moves import ACTIONS, ADS, CAMERAS, MOTIONS, PACED, SPEEDS, WALKS, motion, pose
from people import CHARACTERS, DRESSES, OWN, character
from places import PLACES, picture
from scenes import SCENES, scene

FRAMES, HEIGHT, WIDTH = 17, 192, 256
ZOOM = 1.6


def key(c):
    return '|'.join(str(c.get(k)) for k in ('subject', 'colour', 'dress', 'motion', 'action', 'place') if c.get(k))


def held_out(c):
    """One combination in twelve is never trained on; the seed sentence's is always."""
    if c['kind'] == 'scene' or (c['subject'] == 'dog' and c.get('action') == 'plant' and c['place'] == 'mars'):
        return False
    return int(hashlib.md5(key(c).encode()).hexdigest()[:6], 16) % 12 == 0


def paced(c):
    return c.get('motion') in PACED or c.get('action') in WALKS


def possible(c):
    """Whether `sample` may give such a clip: nothing that could not be seen in it, or is not said of it."""
    if c['kind'] == 'thing' and c['motion'] in ADS and c['subject'] not in PRODUCTS:
        return False
    if c['kind'] == 'character' and ((c['colour'] == 'red' and c['dress'] in ('scarf', 'cape')) or (c['colour'] and c['dress'] == 'spacesuit' and c['subject'] == 'person')):
        return False
    if c.get('camera', 'none') != 'none' and (c['place'] == 'plain' or c.get('motion') in ('grow', 'shrink', 'spotlight') or c.get('speed') == 'fast'):
        return False
    return c.get('speed', 'normal') == 'normal' or paced(c)


def sample(r, kinds=(50, 30, 20), held=False, edition=None):
    """One clip from random.Random r; held asks for one of the combinations kept apart; an edition may narrow the world."""
    kind = r.choices(['thing', 'character', 'scene'], kinds if not held else (*kinds[:2], 0))[0]
    while True:
        c = dict(kind=kind, j=[r.uniform(-1, 1) * (edition.calm if edition else 1) for _ in range(4)])
        if kind == 'scene':
            c.update(subject=r.choice(SCENES))
            if edition and not edition.allows(c):
                continue
            return c
        c.update(place=r.choice(PLACES), speed='normal', camera='none')
        if kind == 'thing':
            c.update(subject=r.choice(SHAPES if r.random() < .47 else PRODUCTS), colour=r.choice(list(COLOURS)), count=r.choices([1, 2, 3], [70, 15, 15])[0])
            ad = 2.4 if c['subject'] in PRODUCTS else 0
            c['motion'] = r.choices(MOTIONS, [3, 3, 2.4, 2.4, 2.4, 2.4, 2, 2, 2.4, 1.6, ad, ad, ad])[0]
        else:
            c.update(subject=r.choices(CHARACTERS, [26, 19, 18, 18, 19])[0], dress=r.choices(DRESSES, [28, 14, 14, 20, 12, 12])[0],
                     colour=r.choice(list(COLOURS)) if r.random() < .3 else None, action=r.choices(ACTIONS, [2, 2, 2, 2, 2, 2.4, 1.2])[0])
            if (c['colour'] == 'red' and c['dress'] in ('scarf', 'cape')) or (c['dress'] == 'spacesuit' and c['subject'] == 'person'):
                c['colour'] = None
            if r.random() < .04:
                c.update(subject='dog', dress='spacesuit', action='plant', place='mars', colour=None)
        if paced(c):
            c['speed'] = r.choices(SPEEDS, [2, 5, 3])[0]
        if c['place'] != 'plain' and c.get('motion') not in ('grow', 'shrink', 'spotlight') and r.random() < .1:
            c['camera'] = r.choice(CAMERAS[1:])
            if c['speed'] == 'fast':
                c['speed'] = 'normal'
        if held_out(c) == held and (edition is None or edition.allows(c)):
            return c


def _ground(v, c, zoom, focus):
    """The place, seen through the camera."""
    T, _, H, W = v.shape
    s = round(c['j'][3] * 2) / 2
    if zoom is None:
        return v.copy_(picture(c['place'], H, W, s).expand_as(v))
    large = picture(c['place'], int(H * 1.5), int(W * 1.5), s)[None]
    x = ((torch.arange(W) + .5) * 2 / W - 1) * W / H
    y = (torch.arange(H) + .5) * 2 / H - 1
    for k, z in enumerate(zoom.view(-1).tolist()):
        gx, gy = ((x - focus[0]) / z + focus[0]) * H / W, (y - focus[1]) / z + focus[1]
        g = torch.stack([gx.expand(H, W), gy[:, None].expand(H, W)], -1)[None]
        v[k] = F.grid_sample(large, g, align_corners=False, padding_mode='border')[0]


def _garden(c, t, x, hx, hy):
    """Mounds, sprouts and the potato that goes from the paw into the earth."""
    px, py = x + .70, .74
    d = ((t - .50) / .16).clamp(0, 1)
    g = [((t - .72) / .28).clamp(.02, 1) * .7, .85 + 0 * t, 1. + 0 * t]
    for k in (0, 1, 2):
        sway = .06 * torch.sin(6.28 * t + k)
        c.paint(lambda u, v: [(sprout(u - sway * v, v, g[k]), (.20, .62, .28))], px + .37 * k, .74, .26, reach=(.9, 1.3))
    c.paint(lambda u, v: [(potato(u, v), (.90, .74, .42)), (any_of(circle(u - .3, v + .1, .14), circle(u + .4, v - .2, .14)), (.64, .46, .24))],
            hx + (px - hx) * d, hy + (py + .06 - hy) * d, .155, reach=1.1)
    c.paint(lambda u, v: [(any_of(*[both(ellipse(u - .37 * k, v, .19, .14), v - .06) for k in (-1, 0, 1)]), (.36, .20, .14))], px + .37, .85, 1., reach=(.6, .16))


def _character(v, c, t, camera):
    j, action = c['j'], c['action']
    p, x, y = pose(c['subject'], action, t, j, c.get('speed', 'normal'), c.get('camera', 'none'))
    s = .70 + .015 * j[2]
    ground, y = .84, y + .84 - s
    own = COLOURS[c['colour']] if c['colour'] else OWN[c['subject']]
    near = (1 - (ground - s - y).abs() * .6) * .5
    camera.paint(lambda u, w: [(ellipse(u, w, near, .07), (.05, .05, .12), .22)], x, ground, 1., reach=(.56, .09))
    part = lambda layers, px, py, reach, angle=None: camera.paint(layers, x + s * px, y + s * py, s, angle, reach)
    character(part, c['subject'], own, c['dress'], p, t)
    if action == 'plant':
        r, lean = p['right'], p['lean']
        _garden(camera, t, x, x + s * (lean * .88 + .33 + .50 * r.sin()), y + s * (.03 + .50 * r.cos()))


CONFETTI = ((.95, .25, .30), (1, .80, .20), (.25, .70, .95), (.35, .80, .40), (.95, .50, .80), (.98, .98, .98))


def _confetti(c, t, j, first, n):
    """Pieces as large and as slow as 8x8x4 latents can hold."""
    for k in range(first, first + n):
        r = random.Random(k * 7919 + 1)
        x, start, pace, a = r.uniform(-1.25, 1.25), r.random(), r.choice((.5, .75)), r.uniform(0, 3)
        y = torch.remainder(start + pace * t, 1.) * 2.5 - 1.25
        flat = .5 + .5 * torch.cos(5 * t + 3 * a).abs()
        c.paint(lambda u, w: [(box(u, w / flat, .12, .085), CONFETTI[k % 6])], x + .06 * torch.sin(5 * t + a) + .05 * j[0], y, 1., a + 2 * t, reach=.15)


def _spotlight(v, t, x, wide):
    """All but a cone of light and its pool goes dark; the light comes from the side and stays."""
    c = Canvas(v)
    e = (t / .5).clamp(max=1)
    px = x - 1.1 * (1 - e * e * (3 - 2 * e))
    u = (torch.arange(c.W) + .5) / c.half - c.aspect - px
    w = (torch.arange(c.H)[:, None] + .5) / c.half - 1
    k = (w + 1.25) / 2.0
    lit = any_of(both(u.abs() - wide * k, w - .74) / 1.15, ellipse(u, w - .74, wide, .16))
    lit = (.5 - lit * (c.half / 5)).clamp_(0, 1)
    v.mul_((.30 + .70 * lit)[:, None])
    glow = lit * .10
    for ch, q in enumerate((1., .95, .65)):
        v[:, ch].add_(glow, alpha=q)
    v.clamp_(max=1)


def _thing(v, c, t, camera):
    j, name, count = c['j'], c['subject'], c.get('count', 1)
    colour, what = COLOURS[c['colour']], c['motion']
    layers, reach = shape(name, colour), REACH.get(name, 1.25)
    if what == 'confetti':
        _confetti(camera, t, j, 0, 8)
    for x, y, angle, s in motion(what, t, j, count, c.get('speed', 'normal'), c.get('camera', 'none')):
        camera.paint(layers, x, y, s, angle, (max(reach) * 1.12 if isinstance(reach, tuple) else reach * 1.02) if angle is not None else reach)
    if what == 'confetti':
        _confetti(camera, t, j, 8, 14)
    if what == 'spotlight':
        _spotlight(v, t, .10 / count * j[0], (.62, .98, 1.22)[count - 1])


def render(clips, T=FRAMES, H=HEIGHT, W=WIDTH):
    """Draws clips, [B,T,3,H,W] in 0..1; a clip's picture depends on nothing else."""
    out = torch.empty(len(clips), T, 3, H, W)
    t = torch.linspace(0, 1, T).view(T, 1, 1)
    for v, c in zip(out, clips):
        if c['kind'] == 'scene':
            scene(c['subject'], v, c['j'])
            continue
        zoom, focus = None, (0., .25 if c['kind'] == 'character' else 0.)
        if c.get('camera', 'none') != 'none':
            zoom = ZOOM ** (t if c['camera'] == 'zoom in' else 1 - t)
        _ground(v, c, zoom, focus)
        (_thing if c['kind'] == 'thing' else _character)(v, c, t, Canvas(v, zoom, focus))
    return out


def clips(seed, n, **k):
    r = random.Random(seed)
    return [sample(r, **k) for _ in range(n)]
