"""How things and characters move: numbers per frame."""
import math
import torch

SPEEDS = ['slow', 'normal', 'fast']
MOTIONS = ['left', 'right', 'up', 'down', 'bounce', 'spin', 'grow', 'shrink', 'orbit', 'still', 'float in', 'spotlight', 'confetti']
ADS = MOTIONS[10:]
PACED = MOTIONS[:6] + ['orbit']
ACTIONS = ['walk left', 'walk right', 'jump', 'wave', 'dance', 'plant', 'still']
WALKS = ACTIONS[:2]
CAMERAS = ['none', 'zoom in', 'zoom out']


def _across(u, speed, reach):
    """A way of 1, half of it, or, when fast, out at one side and in again at the other; u runs -1..1."""
    if speed != 'fast':
        return u * (.5 if speed == 'slow' else 1.) * .78
    return torch.remainder(reach * (u * 1. + .55) + reach, 2 * reach) - reach


def motion(name, t, j, count=1, speed='normal', camera='none'):
    """[(x, y, angle or None, scale)] for each of count things, [T,1,1] each."""
    z, u, turn = torch.zeros_like(t), 2 * t - 1, 2 * math.pi
    pace = {'slow': 0, 'normal': 1, 'fast': 2}[speed]
    size = (.50, .40, .335)[count - 1] + .025 * j[2]
    sideways = name in ('left', 'right')
    if sideways and count > 1:
        size = (.38, .285)[count - 2]
    if name in ('grow', 'shrink'):
        size *= (1, .92, .82)[count - 1]
    spots = [[(0, 0)], [(-.57, 0), (.57, 0)], [(-.84, 0), (0, 0), (.84, 0)]][count - 1]
    if sideways:
        spots = [[(0, 0)], [(-.24, -.44), (.24, .44)], [(.26, -.62), (-.26, 0), (.26, .62)]][count - 1]
    shrunk = 1 if camera == 'none' else .62
    out = []
    for k, (ox, oy) in enumerate(spots):
        x, y, angle, s = z + ox, z + oy, None, z + size
        if sideways:
            x = x + _across(u, speed, 1.9) * shrunk * (1 if name == 'right' else -1)
        elif name in ('up', 'down'):
            y = y + (_across(u, speed, 1.55) if speed == 'fast' else _across(u, speed, 0) * .70) * (1 if name == 'down' else -1) * shrunk
        elif name == 'bounce':
            y = y + .42 - .84 * torch.sin(math.pi * (1, 2, 4)[pace] * t).abs() * (1 if camera == 'none' else .8)
        elif name == 'spin':
            angle = turn * (.15, .4, .8)[pace] * t  # faster, a star or a square looks the same again one latent frame later
        elif name == 'grow':
            s = s * (.40 + 1.0 * t)
        elif name == 'shrink':
            s = s * (1.40 - 1.0 * t)
        elif name == 'orbit':
            w = turn * ((.4, .9, 1.8)[pace] * t + k / count) - math.pi / 2
            x, y, s = z + .62 * shrunk ** .5 * w.cos(), z + .44 * shrunk ** .5 * w.sin(), s * .86
        elif name == 'float in':
            far = (1 - (t / .72).clamp(max=1)) ** 2
            side = -1 if j[3] < -.33 else 1 if j[3] > .33 else 0
            x, y = x + 2.1 * side * far, y + (1.7 if not side else .16) * far + .04 * torch.sin(turn * t)
        else:
            y = y + .03 * torch.sin(turn * t)
        out.append((x + .10 / count * j[0], y + .06 * j[1], angle, s))
    return out


def pose(name, action, t, j, speed='normal', camera='none'):
    """Numbers per frame for people.character, and where it stands."""
    z, w = torch.zeros_like(t), 2 * math.pi * t
    side = -1. if action == 'walk left' else 1.
    p = dict(leg=z, lift=z, lift2=z, right=z + .45, left=z + .45, lean=z, nod=z, face=z, side=side, wag=torch.sin(2 * w))
    x, y = z + .10 * j[0], z
    if action in WALKS:
        steps = {'slow': 1, 'normal': 2, 'fast': 4}[speed]
        x = x + _across(2 * t - 1, speed, 1.85) * side * (1 if camera == 'none' else .62)
        s, c, long = torch.sin(steps * w), torch.cos(steps * w), .25 if speed == 'fast' else .18
        p.update(leg=z + long * s, lift=z + .11 * c.clamp(min=0), lift2=z + .11 * (-c).clamp(min=0), right=.55 + .6 * s, left=.55 - .6 * s, face=z + side,
                 lean=z + (.22 * side if speed == 'fast' else 0))
        y = y - .03 * torch.cos(2 * steps * w)
    elif action == 'jump':
        h = torch.sin(w).abs()
        y = y - .34 * h
        p.update(right=.5 + 1.6 * h, left=.5 + 1.6 * h, lift=.10 * h, lift2=.10 * h)
    elif action == 'wave':
        p.update(right=2.35 + .55 * torch.sin(2 * w), nod=.03 * torch.sin(w))
    elif action == 'dance':
        s = torch.sin(2 * w)
        if name == 'robot':
            s = torch.tanh(6 * s)
        x = x + .14 * torch.sin(w)
        p.update(right=1.35 + 1.1 * s, left=1.35 - 1.1 * s, nod=.08 * s, lift=.16 * s.clamp(min=0), lift2=.16 * (-s).clamp(min=0), lean=.10 * s)
    elif action == 'plant':
        x = x - .45
        d = ((t - .12) / .45).clamp(0, 1) * (1 - ((t - .8) / .2).clamp(0, 1) * .6)
        p.update(right=1.75 - 1.0 * d, lean=.26 * d, face=z + 1, left=.45 + .3 * d)
    else:
        y = y - .012 * torch.sin(w)
    return p, x, y
