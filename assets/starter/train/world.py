"""The drawn world: what there is to see, how it moves, where; sampled, held out and rendered.

A clip is a dict: kind 'thing' (subject, colour, motion, place), 'character' (subject, colour or None,
dress, action, place) or 'scene' (subject); j holds four small variations in -1..1."""
import hashlib
import math
import random
import torch
from draw import Canvas, any_of, box, circle, ellipse
from figures import CHARACTERS, COLOURS, FUR, PRODUCTS, SHAPES, character, potato, shape, sprout
from scenes import SCENES, scene

MOTIONS = ['left', 'right', 'up', 'down', 'bounce', 'spin', 'grow', 'shrink', 'orbit', 'still']
ACTIONS = ['walk left', 'walk right', 'jump', 'wave', 'dance', 'plant', 'still']
DRESSES = ['none', 'spacesuit', 'hat', 'scarf']
PLACES = ['plain', 'meadow', 'night', 'beach', 'city', 'mars', 'snow', 'room', 'sea']
FRAMES, HEIGHT, WIDTH = 17, 192, 256


def key(c):
    return '|'.join(str(c.get(k)) for k in ('subject', 'colour', 'dress', 'motion', 'action', 'place') if c.get(k))


def held_out(c):
    """One combination in twelve is never trained on; the seed sentence's is always."""
    if c['kind'] == 'scene' or (c['subject'] == 'dog' and c.get('action') == 'plant' and c['place'] == 'mars'):
        return False
    return int(hashlib.md5(key(c).encode()).hexdigest()[:6], 16) % 12 == 0


def sample(r, kinds=(58, 29, 13), held=False):
    """One clip from random.Random r; held asks for one of the combinations kept apart."""
    while True:
        kind = r.choices(['thing', 'character', 'scene'], kinds)[0]
        j = [r.uniform(-1, 1) for _ in range(4)]
        if kind == 'scene':
            c = dict(kind=kind, subject=r.choice(SCENES), j=j)
            if held:
                continue
            return c
        place = r.choice(PLACES)
        if kind == 'thing':
            c = dict(kind=kind, subject=r.choices(SHAPES + PRODUCTS, [3] * 6 + [2] * 4)[0], colour=r.choice(list(COLOURS)),
                     motion=r.choices(MOTIONS, [3, 3, 2, 2, 2, 2, 2, 2, 2, 1])[0], place=place, j=j)
        else:
            c = dict(kind=kind, subject=r.choices(CHARACTERS, [4, 3, 3])[0], dress=r.choices(DRESSES, [4, 3, 2, 2])[0],
                     colour=r.choice(list(COLOURS)) if r.random() < .2 else None, action=r.choices(ACTIONS, [2, 2, 2, 2, 2, 3, 1])[0],
                     place=place, j=j)
            if r.random() < .05:
                c.update(subject='dog', dress='spacesuit', action='plant', place='mars', colour=None)
        if held_out(c) == held:
            return c


def background(place, n, H, W, j):
    """One still picture for each of n clips, [n,3,H,W]."""
    base = {'plain': (.85, .84, .79), 'meadow': (.70, .87, .96), 'night': (.10, .12, .28), 'beach': (.80, .92, .95),
            'city': (.86, .80, .86), 'mars': (.95, .76, .60), 'snow': (.70, .80, .92), 'room': (.95, .84, .76), 'sea': (.24, .56, .70)}[place]
    c = Canvas(torch.tensor(base).view(1, 3, 1, 1).expand(n, 3, H, W), 1)
    s = .03 * j.view(n, 1, 1, 1)
    if place == 'meadow':
        c.paint(lambda x, y: [(circle(x + .7 + s, y - 1.75, 1.5), (.70, .84, .64)), (.5 - y, (.60, .79, .52)),
                              (any_of(circle(x - .75 - s, y + .68, .12), circle(x - .9 - s, y + .72, .16), circle(x - 1.06 - s, y + .68, .12)), (.80, .91, .97))])
    elif place == 'night':
        c.paint(lambda x, y: [(circle(x + 1. + s, y + .65, .17), (.93, .91, .78)),
                              (any_of(*[circle(x - a - s, y - b, .022) for a, b in ((-.4, -.8), (.2, -.6), (.75, -.85), (1.1, -.45), (-.1, -.35))]), (.8, .82, .9)),
                              (.6 + .05 * torch.sin(3 * x) - y, (.17, .22, .30))])
    elif place == 'beach':
        c.paint(lambda x, y: [(circle(x + 1. + s, y + .62, .17), (.99, .88, .55)), (.1 - y, (.42, .72, .80)), (.52 + .03 * torch.sin(4 * x) - y, (.94, .87, .71))])
    elif place == 'city':
        c.paint(lambda x, y: [(box(x - bx - s, y - h - .7, w, .7), (.62, .58, .68) if k % 2 else (.72, .67, .76)) for k, (bx, w, h) in
                              enumerate(((-1.05, .2, .2), (-.6, .18, -.1), (-.1, .24, .25), (.45, .17, -.2), (.95, .25, .1)))] + [(.6 - y, (.42, .42, .47))])
    elif place == 'mars':
        c.paint(lambda x, y: [(circle(x - .95 - s, y + .62, .11), (.99, .93, .84)), (.36 + .05 * torch.sin(2.5 * x + 1) - y, (.80, .48, .33)),
                              (.55 - y, (.66, .34, .24)), (any_of(ellipse(x + .95, y - .76, .17, .06), ellipse(x - 1.1, y - .68, .12, .045)), (.54, .26, .19))])
    elif place == 'snow':
        c.paint(lambda x, y: [(.55 - .06 * torch.sin(2 * x) - y, (.80, .88, .95)),
                              (any_of(*[torch.maximum((x - a - s).abs() - .32 * (y + .25), y - .55).maximum(-.25 - y) for a in (-1.1, 1.05)]), (.30, .48, .48))])
    elif place == 'room':
        c.paint(lambda x, y: [(.6 - y, (.66, .49, .39)), (box(x + .85 + s, y + .4, .28, .3, .02), (.99, .97, .93)),
                              (box(x + .85 + s, y + .4, .23, .25), (.66, .83, .93)), (box(x - .95, y + .4, .2, .24), (.60, .70, .62))])
    elif place == 'sea':
        c.paint(lambda x, y: [(.72 + .04 * torch.sin(4 * x) - y, (.78, .72, .55)),
                              (any_of(*[circle(x - a - s, y - b, q).abs() - .012 for a, b, q in ((-1.1, .1, .06), (-.95, -.35, .08), (1.0, -.2, .07), (1.15, .35, .05))]), (.60, .82, .90)),
                              (any_of(*[box(x - a - .05 * torch.sin(8 * y), y - .6, .04, .3, .04) for a in (-1.2, -1.08, 1.18)]), (.20, .45, .38))])
    return c.v[:, 0]


def motion(name, t, j):
    """x, y, angle and scale [n,T] of a thing; j [n,4]."""
    z = torch.zeros(len(j), len(t)) + 0 * t
    x, y, angle, scale = z, z, z, z + 1
    u = 2 * t - 1
    if name in ('left', 'right'):
        x = x + .78 * u * (1 if name == 'right' else -1)
    elif name in ('up', 'down'):
        y = y + .5 * u * (1 if name == 'down' else -1)
    elif name == 'bounce':
        y = y + .45 - .85 * torch.sin(2 * math.pi * t).abs()
    elif name == 'spin':
        angle = angle + 2 * math.pi * .75 * t
    elif name == 'grow':
        scale = scale * (.45 + .95 * t)
    elif name == 'shrink':
        scale = scale * (1.4 - .95 * t)
    elif name == 'orbit':
        w = 2 * math.pi * .9 * t - math.pi / 2
        x, y = x + .6 * w.cos(), y + .42 * w.sin()
    else:
        y = y + .03 * torch.sin(2 * math.pi * t)
    return x + .10 * j[:, :1], y + .06 * j[:, 1:2], angle, scale * (.46 + .03 * j[:, 2:3])


def pose(action, t, j):
    """Numbers per frame for figures.character, plus where it stands."""
    n = len(j)
    z = torch.zeros(n, len(t))
    side = torch.ones(n, 1) * (-1 if action == 'walk left' else 1)
    p = dict(leg=z, lift=z, lift2=z, right=z + .45, left=z + .45, lean=z, nod=z, face=z + 0, side=side + z)
    x, y = z + .10 * j[:, :1], z
    w = 2 * math.pi * t
    if action in ('walk left', 'walk right'):
        x = x + .72 * (2 * t - 1) * side
        s = torch.sin(2 * w)
        p.update(leg=z + .17 * s, lift=z + .09 * torch.cos(2 * w).clamp(min=0), lift2=z + .09 * (-torch.cos(2 * w)).clamp(min=0),
                 right=.45 + .5 * s + z, left=.45 - .5 * s + z, face=z + side)
        y = y - .03 * torch.cos(4 * w)
    elif action == 'jump':
        h = torch.sin(w).abs()
        y = y - .36 * h
        p.update(right=.5 + 1.5 * h + z, left=.5 + 1.5 * h + z, lift=.08 * h + z, lift2=.08 * h + z)
    elif action == 'wave':
        p.update(right=z + 2.45 + .45 * torch.sin(2 * w))
    elif action == 'dance':
        s = torch.sin(2 * w)
        x = x + .12 * torch.sin(w)
        p.update(right=1.3 + 1.1 * s + z, left=1.3 - 1.1 * s + z, nod=.07 * s + z, lift=.14 * s.clamp(min=0) + z, lift2=.14 * (-s).clamp(min=0) + z)
    elif action == 'plant':
        x = x - .42
        d = ((t - .1) / .55).clamp(0, 1)
        p.update(right=2.0 - 1.15 * d + z, lean=.30 * d + z, face=z + 1, nod=.0 * d + z)
    else:
        y = y - .015 * torch.sin(w)
    return p, x, y


def _garden(c, t, x, arm_x, arm_y, s):
    """Mounds, sprouts and the potato that goes from the paw into the earth."""
    px, py = x + .62, .70
    d = ((t - .6) / .2).clamp(0, 1)
    hx, hy = arm_x + (px - arm_x) * d, arm_y + (py - arm_y) * d
    one = lambda q: (q + torch.zeros(c.n, c.T))[:, :, None, None]
    g = .75 + .12 * torch.sin(2 * math.pi * t)
    for k in (1, 2):
        c.paint(lambda u, v: [(sprout(u, v, one(g)), (.22, .58, .26))], one(px + .34 * k), .74, .26, reach=1.5)
    c.paint(lambda u, v: [(potato(u, v), (.88, .74, .46)), (circle(u - .3, v + .1, .12), (.66, .50, .28)), (circle(u + .4, v - .2, .12), (.66, .50, .28))],
            one(hx), one(hy), .13, reach=1.2)
    for k in (0, 1, 2):
        c.paint(lambda u, v: [(torch.maximum(ellipse(u, v, 1., .62), v - .3), (.36, .21, .15))], one(px + .34 * k), .82, .16, reach=1.1)


def render(clips, T=FRAMES, H=HEIGHT, W=WIDTH):
    """Draws clips, [B,T,3,H,W] in 0..1. Clips alike in subject, dress, action and place share their work."""
    out = torch.empty(len(clips), T, 3, H, W)
    groups = {}
    for i, c in enumerate(clips):
        g = (c['kind'], c['subject'], c.get('dress'), c.get('action'))
        groups.setdefault(g, []).append(i)
    t = torch.linspace(0, 1, T)[None]
    four = lambda q: q[:, :, None, None]
    grounds = {}
    for i, c in enumerate(clips):
        if c['kind'] != 'scene':
            grounds.setdefault(c['place'], []).append(i)
    ground = torch.empty(len(clips), 3, H, W)
    for place, ids in grounds.items():
        ground[ids] = background(place, len(ids), H, W, torch.tensor([clips[i]['j'][3] for i in ids], dtype=torch.float32))
    for (kind, subject, dress, action), all_ids in groups.items():
        for k in range(0, len(all_ids), 4):
            ids = all_ids[k:k + 4]
            j = torch.tensor([clips[i]['j'] for i in ids], dtype=torch.float32)
            if kind == 'scene':
                out[ids] = scene(subject, len(ids), T, H, W, j)
                continue
            c = Canvas(ground[ids], T)
            colour = torch.tensor([COLOURS[clips[i]['colour']] if clips[i]['colour'] else FUR[subject] for i in ids], dtype=torch.float32)
            if kind == 'thing':
                x, y, a, s = [torch.cat(q) for q in zip(*[motion(clips[i]['motion'], t, j[m:m + 1]) for m, i in enumerate(ids)])]
                for m in range(len(ids)):  # one at a time: the windows stay small
                    one = Canvas.__new__(Canvas)
                    one.v, one.n, one.T, one.H, one.W, one.x, one.y = c.v[m:m + 1], 1, T, H, W, c.x, c.y
                    q = slice(m, m + 1)
                    one.paint(shape(subject, colour[q]), four(x[q]), four(y[q]), four(s[q]),
                              four(a[q]) if clips[ids[m]]['motion'] == 'spin' else None, reach=1.5)
            else:
                p, x, y = pose(action, t, j)
                s = .68 + .015 * j[:, 2:3]
                y = y + .82 - s
                c.paint(character(subject, colour, dress, {k: four(v) for k, v in p.items()}), four(x), four(y), four(s + 0 * t), reach=1.5)
                if action == 'plant':
                    r = p['right']
                    ax = .33 + .52 * r.sin() + p['lean'] * .9
                    _garden(c, t, x, x + s * ax, y + s * (.02 + .52 * r.cos()), s)
            out[ids] = c.v
    return out


def clips(seed, n, **k):
    r = random.Random(seed)
    return [sample(r, **k) for _ in range(n)]
