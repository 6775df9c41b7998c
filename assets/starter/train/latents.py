"""Stage 2: clips drawn and encoded once, in shards that several processes may fill side by side; or, on a GPU,
encoded as they are drawn."""
import os
import torch
import lang
import questions
import scenes
import tokens
import twins
import vae
import editions
import world
from common import Sorry, half, load, log, save

SHARD = 256
FOCUS = 3.
GROUPS = questions.HEADS['place'] + scenes.SCENES


def encoder(folder, device='cpu'):
    state = load(f'{folder}/vae.pt')
    if state is None:
        raise Sorry(f'There is no trained VAE in {folder}; run "python3 train.py vae" first.')
    m = vae.VAE(**state['config'])
    m.load_state_dict(state['ema'])
    for p in m.parameters():
        p.data = p.data.to(device, half(device))
        if p.ndim == 5:
            p.data = p.data.contiguous(memory_format=torch.channels_last_3d)
    return m.eval(), state['white'], state['step']


@torch.no_grad()
def encode(m, white, video, device='cpu'):
    """Drawn clips [B,T,3,H,W] in 0..1 to latents [B,z,t,h,w], not normalised."""
    x = torch.einsum('btchw,cd->bdthw', video.to(device) * 2 - 1, white[0].to(device))
    return m.encode(x.to(half(device)).contiguous(memory_format=torch.channels_last_3d)).float()


def fill(folder, first, shards, step=1, device='cpu', batch=4):
    os.makedirs(f'{folder}/latents', exist_ok=True)
    m, white, age = encoder(folder, device)
    edition = editions.of(folder)
    for k in range(first, shards, step):
        path = f'{folder}/latents/{k:05d}.pt'
        if os.path.exists(path):
            continue
        clips = world.clips(1000 + k, SHARD, edition=edition)
        z = [encode(m, white, world.render(clips[i:i + batch]), device).half().cpu() for i in range(0, SHARD, batch)]
        save(path, dict(clips=clips, z=torch.cat(z), vae=age))
        log('latents', path)


def read(folder, have=()):
    """Every shard not in have: names, clips and latents."""
    where = f'{folder}/latents'
    names = sorted(n for n in os.listdir(where) if n.endswith('.pt')) if os.path.isdir(where) else []
    out = []
    for n in names:
        if n not in have:
            s = load(f'{where}/{n}')
            out.append((n, s['clips'], s['z']))
    return out


def rows(sentences, tokenizer, r=None, drop=0.):
    """Ids [n,TEXT_LEN], padded with 0."""
    ids = torch.zeros(len(sentences), tokens.TEXT_LEN, dtype=torch.long)
    for k, s in enumerate(sentences):
        i = tokenizer(s, r, drop)
        ids[k, :len(i)] = torch.tensor(i)
    return ids


class Shelf:
    """Latents to train on, from the shards of a folder; sentences are made anew each time."""

    def __init__(self, folder, tokenizer, device):
        self.folder, self.tokenizer, self.device, self.names, self.clips, self.z = folder, tokenizer, device, [], [], None
        self.grow()
        if not self.names:
            raise Sorry(f'There are no latents in {folder}; run "python3 train.py latents" first.')

    def grow(self):
        new = read(self.folder, self.names)
        for name, c, q in new:
            self.names.append(name)
            self.clips, self.z = self.clips + c, q if self.z is None else torch.cat([self.z, q])
        if new:
            self._focus()

    def _focus(self):
        """[n,T,h,w], 1 for what any clip of this place shows, up to 1 + FOCUS for what this one adds: the subject is a
        tenth of the picture, and its shape and way are what is learnt last."""
        where = {}
        for i, c in enumerate(self.clips):
            where.setdefault(c.get('place', c['subject']), []).append(i)
        std = self.z[:512].float().std((0, 2, 3, 4)).view(1, -1, 1, 1, 1)
        self.weight = torch.empty(len(self.clips), *self.z.shape[2:])
        for ids in where.values():
            z = self.z[ids].float() / std
            d = (z - z.mean(0, keepdim=True)).pow(2).mean(1)
            self.weight[ids] = 1 + FOCUS * (d / .6).clamp(max=1)

    def some(self, n):
        """Of the first n clips, for statistics."""
        return self.z[:n]

    def batch(self, n, r, silent=.1):
        """Latents [n,z,T,h,w], ids [n,TEXT_LEN] and labels of n clips, some without their sentence, and how much each place counts."""
        i = torch.multinomial(torch.ones(len(self.clips)), n, True)
        said = [lang.say(self.clips[k], r) if r.random() > silent else '' for k in i.tolist()]
        words = rows(said, self.tokenizer, r, .08)
        z = self.z[i].float().to(self.device)
        return z, words.to(self.device), questions.table([self.clips[k] if q else None for k, q in zip(i.tolist(), said)], self.device), self.weight[i].to(self.device)


class Flow:
    """The same from a stream of drawn clips, all of it on the device."""

    def __init__(self, folder, drawn, stream, device, most=120000):
        self.m, self.white, _ = encoder(folder, device)
        self.white = tuple(v.to(device) for v in self.white)
        self.stream, self.device, self.n = stream, device, 0
        self.clips = []
        first = self._encode(drawn.pixels[:8])
        self._room(most, first.shape[1:], drawn.ids[0].shape[1:])
        self.add(drawn.clips, torch.cat(drawn.ids), drawn.pixels[:drawn.n])
        self._means()

    def _room(self, most, z, ids):
        d = self.device
        self.z = torch.empty((most, *z), dtype=torch.half, device=d)
        self.ids = torch.empty((most, *ids), dtype=torch.long, device=d)
        self._silence()
        self.labels = {k: torch.empty(most, dtype=torch.long, device=d) for k in questions.HEADS}
        self.group = torch.empty(most, dtype=torch.long, device=d)
        self.other = torch.empty(most, dtype=torch.long, device=d)

    def _silence(self):
        """Ids of no sentence at all, [1,TEXT_LEN]."""
        self.none = torch.zeros_like(self.ids[:1, 0])
        self.none[:, 0] = 1

    def said(self, i):
        """Ids [n,TEXT_LEN] of one of the sentences of each of these clips."""
        return self.ids[i, torch.randint(self.ids.shape[1], (len(i),), device=self.device)]

    def _means(self):
        """What clips of each place show on average, see Shelf._focus."""
        std = self.some(2048).float().std((0, 2, 3, 4)).view(-1, 1, 1, 1)
        group, z = self.group[:self.n], self.z[:self.n]
        self.std, self.mean = std, torch.stack([z[group == k].float().mean(0) if (group == k).any() else z[:2048].float().mean(0) for k in range(len(GROUPS))])

    def keep(self, path):
        """All of it in one file, for a later run."""
        n = self.n
        save(path, dict(z=self.z[:n].cpu(), ids=self.ids[:n].to(torch.int16).cpu(), labels={k: v[:n].cpu() for k, v in self.labels.items()}, group=self.group[:n].cpu(), other=self.other[:n].cpu(), clips=self.clips))

    @classmethod
    def kept(cls, path, device):
        s, f = load(path), cls.__new__(cls)
        if s is None:
            raise Sorry(f'There are no kept latents at {path}; run "python3 train.py gpu" first.')
        f.stream, f.device, f.n, f.clips = None, device, len(s['z']), s['clips']
        f.z, f.ids, f.group, f.other = s['z'].to(device), s['ids'].to(device).long(), s['group'].to(device), s['other'].to(device)
        f.labels = {k: v.to(device) for k, v in s['labels'].items()}
        f._silence()
        f._means()
        return f

    @torch.no_grad()
    def _encode(self, pixels):
        x = torch.einsum('bcthw,cd->bdthw', pixels.to(self.device).float() / 127.5 - 1, self.white[0])
        return self.m.encode(x.to(half(self.device)).contiguous(memory_format=torch.channels_last_3d)).half()

    def add(self, clips, ids, pixels):
        k = slice(self.n, self.n + len(clips))
        if k.stop > len(self.z):
            return
        self.z[k] = torch.cat([self._encode(q) for q in pixels.split(128)])
        self.ids[k] = ids.to(self.device)
        for name, v in questions.table(clips).items():
            self.labels[name][k] = v.to(self.device)
        self.group[k] = torch.tensor([GROUPS.index(c.get('place', c['subject'])) for c in clips], device=self.device)
        self.other[k] = torch.tensor(twins.partners(clips), device=self.device) + self.n
        self.n, self.clips = k.stop, self.clips + clips

    def grow(self):
        for clips, ids, pixels in self.stream.take(0, 96) if self.stream else ():
            self.add(clips, ids, pixels)

    def some(self, n):
        return self.z[:min(n, self.n)]

    def batch(self, n, r, silent=.1):
        d = self.device
        i = torch.randint(self.n, (n,), device=d)
        words = self.said(i)
        quiet = torch.rand(n, device=d) < silent
        z = self.z[i].float()
        weight = 1 + FOCUS * (((z - self.mean[self.group[i]]) / self.std).pow(2).mean(1) / .6).clamp(max=1)
        return z, torch.where(quiet[:, None], self.none, words), {k: torch.where(quiet, -1, v[i]) for k, v in self.labels.items()}, weight
