"""A small network that reads subject, colour, motion, dress, place, count, speed and camera off the frames of a clip, as a
viewer would: it knows nothing of latents, and so serves every edition. Trained on drawn clips, checked on drawn clips
it never saw."""
import time
from concurrent.futures import ProcessPoolExecutor
import torch
import torch.nn as nn
import torch.nn.functional as F
import editions
import questions
import world
from common import Sorry, load, log, save
from questions import HEADS
from score import judge, say, summary

T, H, W = 9, 96, 128


class Watcher(nn.Module):
    """Frames [B,9,3,96,128] in 0..1 to {question: [B,answers]}."""

    def __init__(self, low=48, width=96):
        super().__init__()
        block = lambda n: nn.Sequential(nn.GroupNorm(8, n), nn.SiLU(), nn.Conv2d(n, n, 3, padding=1), nn.GroupNorm(8, n), nn.SiLU(), nn.Conv2d(n, n, 3, padding=1))
        self.start, self.low = nn.Conv2d(3 * T, low, 8, 4, 2), nn.ModuleList([block(low)])
        self.down, self.body = nn.Conv2d(low, width, 4, 2, 1), nn.ModuleList([block(width) for _ in range(3)])
        self.end = nn.Sequential(nn.Linear(width * 6 * 8, 256), nn.SiLU(), nn.Dropout(.2), nn.Linear(256, sum(map(len, HEADS.values()))))

    def forward(self, v):
        x = self.start(v.flatten(1, 2) * 4 - 2)
        for b in self.low:
            x = x + b(x)
        x = self.down(x)
        for b in self.body:
            x = x + b(x)
        x = F.adaptive_avg_pool2d(x, (6, 8)) + F.adaptive_max_pool2d(x, (6, 8))
        return dict(zip(HEADS, self.end(x.flatten(1)).split([len(v) for v in HEADS.values()], 1)))


def seen(video):
    """Whole clips [B,17,3,192,256] as the network takes them."""
    v = video[:, ::2]
    return F.avg_pool2d(v.flatten(0, 1), v.shape[-1] // W).unflatten(0, v.shape[:2])


def _draw(job):
    seed, n, edition = job
    torch.set_num_threads(1)
    clips = world.clips(seed, n, edition=editions.EDITIONS[edition])
    return clips, (world.render(clips, T, H, W) * 255).round().byte().numpy()


def blurred(v):
    """Some clips a little soft, as generated ones are: that must not be what is read."""
    soft = F.avg_pool2d(v.flatten(0, 1), 3, 1, 1, count_include_pad=False).view_as(v)
    k = torch.rand(len(v), 1, 1, 1, 1) * (torch.rand(len(v), 1, 1, 1, 1) < .5)
    return v + k * (soft - v) + .02 * torch.randn_like(v)


def train(folder, minutes, clips=12000, batch=64, workers=2):
    edition = editions.of(folder)
    clock, parts, labels = time.time(), [], []
    with ProcessPoolExecutor(workers) as pool:
        for c, v in pool.map(_draw, [(7000000 + k, 100, edition.name) for k in range(clips // 100)]):
            parts.append(torch.from_numpy(v))
            labels += c
    v, y = torch.cat(parts), questions.table(labels)
    log(f'{len(v)} clips drawn in {time.time() - clock:.0f} s')
    torch.manual_seed(5)
    m = Watcher()
    opt = torch.optim.AdamW(m.parameters(), lr=1e-3, weight_decay=.02)
    start, k, share = time.time(), 0, 0.
    while share < 1:
        for g in opt.param_groups:
            g['lr'] = 1.5e-3 * min(1, (k + 1) / 50) * max(.01, 1 - share)
        i = torch.randint(len(v), (batch,))
        out = m(blurred(v[i].float() / 255))
        loss = sum(F.cross_entropy(out[h], y[h][i], ignore_index=-1, reduction='sum') / (y[h][i] >= 0).sum().clamp(min=1) for h in HEADS)
        opt.zero_grad()
        loss.backward()
        opt.step()
        k, share = k + 1, (time.time() - start) / (60 * minutes)
        if k % 100 == 1:
            log(f'watcher step {k} {loss.item():.3f}')
    save(f'{folder}/watcher.pt', m.state_dict())
    check(folder)


def watcher(folder):
    s = load(f'{folder}/watcher.pt')
    if s is None:
        raise Sorry(f'There is no trained watcher in {folder}; run "python3 train.py watcher" first.')
    m = Watcher()
    m.load_state_dict(s)
    return m.eval()


def check(folder):
    """What it makes of drawn clips it never saw: combinations kept apart, and class scenes."""
    e, m, judged = editions.of(folder), watcher(folder), []
    clips = world.clips(4242, 270, held=True, edition=e) + [q for q in world.clips(4243, 600, edition=e) if q['kind'] == 'scene'][:30]
    for k in range(0, len(clips), 20):
        c = clips[k:k + 20]
        judged += judge(m, seen(world.render(c)), c)
    log(f'watcher on {len(clips)} drawn clips it never saw:', say(summary(judged)))
