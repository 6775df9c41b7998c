"""A small network that reads subject, colour, motion, dress, place, count, speed and camera off the frames of a clip, as a
viewer would: it knows nothing of latents, and so serves every edition. Trained on drawn clips, checked on drawn clips
it never saw."""
import os
import random
import time
from concurrent.futures import ProcessPoolExecutor
import torch
import torch.nn as nn
import torch.nn.functional as F
import adopt
import editions
import export
import questions
import world
from common import Sorry, load, log, mixed, save
from questions import HEADS
from score import judge, say, summary

T, H, W = 9, 96, 128
GAZES = 6
KEPT = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'watcher.safetensors')
FRESH = 4  # steps from one handful of new clips to the next
HANDFUL = 20


def layer(n, m, k=3, stride=1):
    return nn.Sequential(nn.Conv2d(n, m, k, stride, k // 2, bias=False), nn.BatchNorm2d(m), nn.ReLU(inplace=True))


class Block(nn.Module):
    def __init__(self, n):
        super().__init__()
        self.a, self.b = layer(n, n), nn.Sequential(nn.Conv2d(n, n, 3, padding=1, bias=False), nn.BatchNorm2d(n))

    def forward(self, x):
        return F.relu(x + self.b(self.a(x)))


class Watcher(nn.Module):
    """Frames [B,9,3,96,128] in 0..1 to {question: [B,answers]}. Every fourth frame is looked at by itself, for what is
    there, wherever it is; all of them, in grey and together, for how it moves."""

    def __init__(self):
        super().__init__()
        self.look = nn.Sequential(layer(3, 24, 5, 2), layer(24, 48, stride=2), Block(48), layer(48, 96, stride=2), Block(96), Block(96))
        self.gaze = nn.Conv2d(96, GAZES, 1)  # where each of the gazes rests, one softmax over the picture
        self.move = nn.Sequential(layer(T, 48, 7, 4), Block(48), layer(48, 64, stride=2))
        self.both = nn.Sequential(layer(256, 96), Block(96), layer(96, 96, stride=2))
        self.what = nn.Sequential(nn.Linear(96 * (GAZES + 1), 192), nn.ReLU())
        self.end = nn.Sequential(nn.Linear(96 * 6 * 8 + 2 * 192, 256), nn.ReLU(), nn.Dropout(.3), nn.Linear(256, sum(map(len, HEADS.values()))))
        self.name = nn.Linear(2 * 192, len(HEADS['subject']))

    def forward(self, v):
        v = v * 4 - 2
        n, frames = len(v), v[:, ::4]
        x = self.look(frames.flatten(0, 1).contiguous(memory_format=torch.channels_last))
        rest = self.gaze(x).flatten(2).float().softmax(2)
        seen = torch.cat([(rest[:, :, None] * x.flatten(2).float()[:, None]).sum(3).flatten(1), x.amax((2, 3)).float()], 1)
        seen = self.what(seen).unflatten(0, (n, -1))
        seen = torch.cat([seen.mean(1), seen.amax(1)], 1)
        x = x.unflatten(0, (n, -1))
        x = self.both(torch.cat([x.mean(1), x.amax(1), self.move(v.mean(2))], 1))
        out = dict(zip(HEADS, self.end(torch.cat([x.flatten(1), seen], 1)).float().split([len(v) for v in HEADS.values()], 1)))
        return {**out, 'subject': out['subject'] + self.name(seen).float()}


def seen(video):
    """Whole clips [B,17,3,192,256] as the network takes them."""
    v = video[:, ::2]
    return F.avg_pool2d(v.flatten(0, 1), v.shape[-1] // W).unflatten(0, v.shape[:2])


def _draw(job):
    """One clip in eight more turns than the world's share: its speed is the hardest to read."""
    seed, n, edition = job
    torch.set_num_threads(1)
    e, r = editions.EDITIONS[edition], random.Random(seed + 5)
    clips = world.clips(seed, n - n // 8, edition=e)
    while len(clips) < n:
        c = world.sample(r, (1, 0, 0), edition=e)
        if c['motion'] == 'spin':
            clips.append(c)
    return clips, (world.render(clips, T, H, W) * 255).round().byte().numpy()


def softened(v, noise):
    """Half of the clips a little or rather soft, as generated ones are, and all a little noisy: that must not be what is read."""
    k = len(v) // 4
    for _ in range(2):
        v[:k] = F.avg_pool2d(v[:k].flatten(0, 1), 3, 1, 1, count_include_pad=False).view_as(v[:k])
        k *= 2
    return v + noise[torch.randint(len(noise), (1,)).item()]


def wobbling(v):
    """A third of the clips with outlines that tremble from frame to frame, as generated ones do: that is not turning."""
    n, v = len(v) // 3, v.clone()
    f = F.interpolate(torch.randn(n * T, 2, 6, 8), (H, W), mode='bicubic', align_corners=True).permute(0, 2, 3, 1)
    f = f * torch.rand(n, 1, 1, 1).repeat_interleave(T, 0) * torch.tensor([.02, .027])
    y, x = torch.meshgrid(torch.linspace(-1, 1, H), torch.linspace(-1, 1, W), indexing='ij')
    v[-n:] = F.grid_sample(v[-n:].flatten(0, 1), torch.stack([x, y], -1) + f, align_corners=True, padding_mode='border').view_as(v[-n:])
    return v


def train(folder, minutes, clips=16000, batch=32, workers=2, compiled=True):
    """On one thread, which such small pieces of work suit best. Clips are drawn all the while; a new one takes the place
    of the oldest. A reader that the folder has already goes on."""
    torch.set_num_threads(1)
    edition = editions.of(folder)
    clips, labels = clips // 100 * 100, []
    v = torch.empty(clips, T, 3, H, W, dtype=torch.uint8)
    clock = time.time()
    with ProcessPoolExecutor(workers) as pool:
        for c, drawn in pool.map(_draw, [(7000000 + k, 100, edition.name) for k in range(clips // 100)]):
            v[len(labels):len(labels) + 100] = torch.from_numpy(drawn)
            labels += c
    y = questions.table(labels)
    log(f'{len(v)} clips drawn in {time.time() - clock:.0f} s')
    torch.manual_seed(5)
    m = (watcher(folder).train() if os.path.exists(f'{folder}/watcher.pt') else Watcher()).to(memory_format=torch.channels_last)
    fast = torch.compile(m) if compiled else m
    noise = .02 * torch.randn(16, *v.shape[1:])
    opt = torch.optim.AdamW(m.parameters(), lr=2e-3, weight_decay=.03)
    start, k, share, total = time.time(), 0, 0., 0.
    while share < 1:
        for g in opt.param_groups:
            g['lr'] = 2e-3 * min(1, (k + 1) / 50) * max(.01, 1 - share)
        i = torch.randint(len(v), (batch,))
        with mixed('cpu'):
            out = fast(softened(wobbling(v[i].float() / 255), noise))
        loss = sum(F.cross_entropy(out[h], y[h][i], ignore_index=-1, reduction='sum') / (y[h][i] >= 0).sum().clamp(min=1) for h in HEADS)
        opt.zero_grad()
        loss.backward()
        opt.step()
        k, share, total = k + 1, (time.time() - start) / (60 * minutes), total + loss.item()
        if k % FRESH == 0 and share < .9:
            at = k // FRESH * HANDFUL % clips
            c, drawn = _draw((7100000 + k // FRESH, HANDFUL, edition.name))
            v[at:at + HANDFUL] = torch.from_numpy(drawn)
            for h, q in questions.table(c).items():
                y[h][at:at + HANDFUL] = q
        if k % 100 == 0:
            save(f'{folder}/watcher.pt', m.state_dict())
            log(f'watcher step {k} {total / 100:.3f}')
            total = 0.
    save(f'{folder}/watcher.pt', m.state_dict())
    check(folder)


def watcher(folder):
    """The folder's reader; where there is none, the one that lies beside this file, so that scores can be compared."""
    m = Watcher()
    m.load_state_dict(load(f'{folder}/watcher.pt') or kept(KEPT))
    return m.eval()


def keep(folder, path=KEPT):
    """Puts the folder's reader beside this file: matrices and kernels in 8 bits, one scale a row."""
    state = load(f'{folder}/watcher.pt')
    if state is None:
        raise Sorry(f'There is no trained watcher in {folder}; run "python3 train.py watcher" first.')
    out = {}
    for n, v in state.items():
        if v.ndim < 2:
            out[n] = v
            continue
        scale = v.flatten(1).abs().amax(1).clamp(min=1e-12) / 127
        out[n], out[n + '.scale'] = (v / scale.view(-1, *[1] * (v.ndim - 1))).round().to(torch.int8), scale
    export.write(path, out, dict(kind='watcher', frames=[T, H, W]))
    log('kept', path, f'{os.path.getsize(path) / 1e6:.1f} MB')


def kept(path):
    state, _ = adopt.read(path)
    return {n: v * state[n + '.scale'].view(-1, *[1] * (v.ndim - 1)) if n + '.scale' in state else v for n, v in state.items() if not n.endswith('.scale')}


def check(folder):
    """What it makes of drawn clips it never saw: combinations kept apart, and class scenes."""
    e, m, judged = editions.of(folder), watcher(folder), []
    clips = world.clips(4242, 270, held=True, edition=e) + [q for q in world.clips(4243, 600, edition=e) if q['kind'] == 'scene'][:30]
    for k in range(0, len(clips), 20):
        c = clips[k:k + 20]
        judged += judge(m, seen(world.render(c)), c)
    log(f'watcher on {len(clips)} drawn clips it never saw:', say(summary(judged)))
