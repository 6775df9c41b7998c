"""Families of clips that differ in one answer, drawn mostly of what still comes out wrong, and training on them
that comes out at what the sentence says, whatever the noise shows. See swaps.py for why.

Place and size hardly vary in most of them: what no sentence can tell is a blur where everything comes from noise."""
import os
import random
import torch
import editions
import lang
import latents
import swaps
import told
import train_dit
import twins
import world
from common import Sorry, load, log, mixed, save
from figures import COLOURS, PRODUCTS, SHAPES
from moves import CAMERAS, SPEEDS
from people import CHARACTERS

WEAK = dict(circle=3, star=2.5, phone=2.5, ring=2, cup=2, robot=2, diamond=1.5, bag=1.5, square=1.5, watch=1.3, lamp=1.3)
PACE = 4, 4, 2  # slow, normal, fast of what has a speed: slow is told late; of what is fast the VAE itself lets a third to two thirds through
KINDS = 56, 34, 10  # of things, characters and class scenes; 66, 27 and 7 made edition 1.2, whose steam a reader no longer takes for it, 58, 27 and 15 edition 1.3
MOVED, TURNED = .3, .08  # clips that the camera moves in where it can, and things that turn; a tenth of things and no more than that of either made edition 1.3
SIZE = 3
SHARD = 192
CALM = .2  # of the edition's own small variations, in three families of four


def weighed(r, subjects):
    return r.choices(subjects, [WEAK.get(s, 1) for s in subjects])[0]


def first(r, edition):
    """A clip to begin a family with."""
    while True:
        c = world.sample(r, KINDS, edition=edition)
        if c['kind'] == 'thing':
            new = dict(subject=weighed(r, SHAPES + PRODUCTS))
            if r.random() < .07:
                new.update(motion='confetti', speed='normal', subject=weighed(r, PRODUCTS))
            elif r.random() < TURNED:
                new.update(motion='spin')
            c = {**c, **new}
        if c['kind'] == 'character':
            c = {**c, 'subject': weighed(r, CHARACTERS), 'colour': c['colour'] or (r.choice(list(COLOURS)) if r.random() < .2 else None)}
        if c['kind'] != 'scene' and world.paced(c) and r.random() < .6:
            c = {**c, 'speed': r.choices(SPEEDS, PACE)[0]}
        if c['kind'] != 'scene' and r.random() < MOVED and world.possible(q := {**c, 'camera': r.choice(CAMERAS[1:])}):
            c = q
        if r.random() < .75:
            c['j'] = [q * CALM for q in c['j']]
        if c['kind'] == 'scene' or world.possible(c) and not world.held_out(c):
            return c


def family(r, edition, size=SIZE):
    """Clips that differ from the first in one answer each; a class scene is alone."""
    c = first(r, edition)
    out = [c]
    while c['kind'] != 'scene' and len(out) < size:
        if c['camera'] != 'none' and r.random() < .4:
            q = {**c, 'camera': r.choice(CAMERAS)}
        elif world.paced(c) and r.random() < .25:
            q = {**c, 'speed': r.choices(SPEEDS, PACE)[0]}
        elif c['kind'] == 'thing' and r.random() < .7:
            q = {**c, 'subject': weighed(r, SHAPES + PRODUCTS)}
        elif c['kind'] == 'character' and c['colour'] and r.random() < .4:
            q = {**c, 'colour': r.choice(list(COLOURS))}
        else:
            q = twins.changed(c, r, edition)
        if q and world.possible(q) and not world.held_out(q) and q not in out:
            out.append(q)
    return out


def pairs(seed, n, edition=editions.FULL):
    """n clips for a stream, families of two one after another; two class scenes may stand side by side."""
    r, out, alone = random.Random(seed), [], []
    while len(out) < n:
        f = family(r, edition, 2)
        if len(f) == 1:
            alone += f
            f, alone = (alone, []) if len(alone) == 2 else ([], alone)
        out += f
    return out[:n]


def fill(folder, first, shards, step=1, device='cpu', batch=4, seed=17000):
    os.makedirs(f'{folder}/families', exist_ok=True)
    m, white, age = latents.encoder(folder, device)
    edition = editions.of(folder)
    for k in range(first, shards, step):
        path = f'{folder}/families/{k:05d}.pt'
        if os.path.exists(path):
            continue
        r, clips, kin = random.Random(seed + k), [], []
        while len(clips) < SHARD:
            f = family(r, edition)
            kin += [len(clips)] * len(f)
            clips += f
        z = [latents.encode(m, white, world.render(clips[i:i + batch]), device).half().cpu() for i in range(0, len(clips), batch)]
        save(path, dict(clips=clips, kin=kin, z=torch.cat(z)))
        log('families', path)


def begin(z, other, mean, swapped, quiet):
    """Clips z [n,z,T,h,w], where swapped begun as others of their families, in part; what they have to come out at: without a
    sentence, what was begun; and how much each place counts [n,T,h,w]."""
    row = -1, 1, 1, 1, 1
    begun = z + (torch.rand(len(z), device=z.device).sqrt() * swapped).view(row) * (other - z)
    apart = lambda q: ((z - q).pow(2).mean(1) / .6).clamp(max=1)
    return begun, torch.where(quiet.view(row), begun, z), 1 + 2 * apart(mean) + 3 * apart(other)


class Families:
    """The kept families of a folder; sentences are made anew each time."""

    def __init__(self, folder, tokenizer, scale):
        self.tokenizer, self.clips, kin, z = tokenizer, [], [], []
        for name in sorted(os.listdir(f'{folder}/families')) if os.path.isdir(f'{folder}/families') else ():
            if name.endswith('.pt') and (s := load(f'{folder}/families/{name}')):
                kin += [len(self.clips) + k for k in s['kin']]
                self.clips += s['clips']
                z.append(s['z'])
        if not z:
            raise Sorry(f'There are no families in {folder}; run "python3 train.py families" first.')
        mean, std = (v.view(1, -1, 1, 1, 1) for v in scale)
        self.plain = lambda q: (q.float() - mean) / std
        self.z = torch.cat(z)
        self.kin = [[] for _ in self.clips]
        for i, k in enumerate(kin):
            self.kin[k].append(i)
        self.kin = [[j for j in self.kin[k] if j != i] or [i] for i, k in enumerate(kin)]
        where = {}
        for i, c in enumerate(self.clips):
            where.setdefault(c.get('place', c['subject']), []).append(i)
        self.group = {i: n for n, ids in enumerate(where.values()) for i in ids}
        self.mean = torch.stack([sum(self.plain(q).sum(0) for q in self.z[ids].split(256)) / len(ids) for ids in where.values()])

    def __str__(self):
        return f'{len(self.clips)} clips in families'

    def batch(self, n, swapped, r, silent=.08):
        """Of n clips, those marked in swapped [n] begun as another of their family, in part. What is noised, what to come out
        at, [n,z,T,h,w] each; ids; and how much each place counts, [n,T,h,w]: more where the clip differs from what its place shows, and from its kin."""
        i = torch.randint(len(self.clips), (n,)).tolist()
        z, other = self.plain(self.z[i]), self.plain(self.z[[r.choice(self.kin[k]) for k in i]])
        quiet = torch.rand(n) < silent
        said = ['' if q else lang.say(self.clips[k], r) for k, q in zip(i, quiet.tolist())]
        begun, target, weight = begin(z, other, self.mean[[self.group[k] for k in i]], swapped, quiet)
        return begun, target, latents.rows(said, self.tokenizer, r, .08), weight


class Drawn:
    """The same of the pairs of a latents.Flow, which grows as others draw."""

    def __init__(self, flow, scale):
        mean, std = (v.view(1, -1, 1, 1, 1).to(flow.device) for v in scale)
        self.flow, self.calls, self.plain = flow, 0, lambda q: (q.float() - mean) / std
        self.mean = self.plain(flow.mean)

    def __str__(self):
        return f'{self.flow.n} clips in pairs'

    def batch(self, n, swapped, r, silent=.08):
        f, d = self.flow, self.flow.device
        self.calls += 1
        if self.calls % 5 == 0:
            f.grow()
        i = torch.randint(f.n, (n,), device=d)
        quiet = torch.rand(n, device=d) < silent
        begun, target, weight = begin(self.plain(f.z[i]), self.plain(f.z[f.other[i]]), self.mean[f.group[i]], swapped.to(d), quiet)
        return begun, target, torch.where(quiet[:, None], f.none, f.said(i)), weight

    def told(self, m, n):
        """Loss of what the text encoder tells of n sentences."""
        i = torch.randint(self.flow.n, (n,), device=self.flow.device)
        ids = self.flow.said(i)
        with mixed(self.flow.device):
            x = m.text(ids)
        return m.told(x, ids, {k: v[i] for k, v in self.flow.labels.items()})


def noise(n):
    """Sigmas [n] of a batch, and which of it are swapped: half of it all but noise, where the sentence must tell everything."""
    high, mid = n // 2, n // 4
    s = torch.cat([1 - .08 * torch.rand(high) ** 2, .6 + .36 * torch.rand(mid), train_dit.shifted(torch.sigmoid(torch.randn(n - high - mid) * 1.1))])
    swapped = torch.arange(n) < high + mid
    swapped[:high] = torch.rand(high) < .5
    return s, swapped


def loss(m, clips, r, n, device):
    """Distance of the clean latents that the transformer sees in noised ones; of plain clips as flow matching weighs it. Its root,
    clip by clip: a clip whose place is wrong must not drown in its error what the others could learn of a shape."""
    s, swapped = noise(n)
    begun, target, ids, weight = (v.to(device) for v in clips.batch(n, swapped, r))
    T = begun.shape[2]
    given = ((torch.rand(n) < .08) & ~swapped)[:, None] & (torch.arange(T) == 0)
    t = torch.where(given, 0., s[:, None]).to(device)
    tt, open_ = t.view(n, 1, T, 1, 1), (~given).float().view(n, 1, T, 1, 1).to(device)
    x = (1 - tt) * begun + tt * torch.randn_like(begun)
    with mixed(device):
        v = m(x, t * 1000, ids)
    far = ((x - tt * v.float() - target).pow(2) * open_).mean(1)
    rate = torch.where(swapped | (s > .9), 2., s.clamp(min=.05) ** -2).to(device).view(n, 1, 1, 1)
    return ((far * rate * weight).mean((1, 2, 3)) + .01).sqrt().mean()


def train(folder, minutes, device='cpu', batch=16, rate=.006, compiled=True, look=None, every=600, sentences=64):
    """Beside the clips of each step the text encoder hears fresh sentences, see told.py."""
    edition = editions.of(folder)

    def lose(m, clips, r):
        return loss(m, clips, r, batch, device) + .1 * told.loss(m, clips.tokenizer, edition, r, sentences, device)

    swaps.go_on(folder, 'families.pt', minutes, Families, lose, device, rate, text=.2, aged=.995, compiled=compiled, look=look, every=every)


def stream(folder, minutes, flow, device, batch, rate, compiled=False, look=None, every=90, sentences=512):
    """The same on clips as they are drawn: the second half of a training on a GPU."""
    lose = lambda m, clips, r: loss(m, clips, r, batch, device) + .1 * clips.told(m, sentences)
    swaps.go_on(folder, 'families.pt', minutes, lambda folder, tokenizer, scale: Drawn(flow, scale), lose, device, rate, text=.2, aged=.998, compiled=compiled, look=look, every=every)
