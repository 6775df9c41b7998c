"""A small network that reads subject, colour, dress, motion and place off a clip's latents, and the
scores it gives to generated clips. It is trained on drawn clips and checked on drawn clips it never saw."""
import random
import torch
import torch.nn as nn
import torch.nn.functional as F
import editions
import lang
import latents
import tokens
import train_dit
import world
from common import Sorry, half, load, log, mixed, save
from questions import HEADS, labels, named


class Reader(nn.Module):
    def __init__(self, z, width=96):
        super().__init__()
        self.start = nn.Conv2d(5 * z, width, 3, padding=1)
        self.body = nn.ModuleList([nn.Sequential(nn.GroupNorm(8, width), nn.SiLU(), nn.Conv2d(width, width, 3, padding=1),
                                                 nn.GroupNorm(8, width), nn.SiLU(), nn.Conv2d(width, width, 3, padding=1)) for _ in range(3)])
        self.end = nn.Sequential(nn.Linear(width * 5 * 7, 256), nn.SiLU(), nn.Dropout(.2), nn.Linear(256, sum(map(len, HEADS.values()))))

    def forward(self, z):
        x = self.start(z.flatten(1, 2))
        for b in self.body:
            x = x + b(x)
        x = F.adaptive_avg_pool2d(x, (5, 7)) + F.adaptive_max_pool2d(x, (5, 7))
        return dict(zip(HEADS, self.end(x.flatten(1)).float().split([len(v) for v in HEADS.values()], 1)))


def judge(reader, z, clips):
    """Per clip: {attribute: right?} for the attributes that the sentence names or leaves out."""
    with torch.no_grad():
        said = {k: v.argmax(1) for k, v in reader(z).items()}
    return [{k: said[k][i].item() == q for k, q in labels(c).items() if q >= 0} for i, c in enumerate(clips)]


def asked(judged, clips):
    """Of that only what the sentence names."""
    return [{k: q for k, q in j.items() if k in named(c)} for j, c in zip(judged, clips)]


def summary(judged):
    out = {}
    for k in HEADS:
        v = [j[k] for j in judged if k in j]
        out[k] = sum(v) / max(1, len(v))
    every = [q for j in judged for q in j.values()]
    out['attributes'], out['prompts'] = sum(every) / len(every), sum(all(j.values()) for j in judged) / len(judged)
    return out


def say(s):
    return ' '.join(f'{k} {v:.3f}' for k, v in s.items())


def learn(folder, batch_of, z, scale, steps, device):
    """Trains a reader on batch_of(n) -> (latents, labels) and keeps it in the folder."""
    mean, std = (v.view(1, -1, 1, 1, 1).to(device) for v in scale)
    torch.manual_seed(3)
    m = Reader(z).to(device)
    opt = torch.optim.AdamW(m.parameters(), lr=2e-3, weight_decay=.02)
    for k in range(steps):
        for g in opt.param_groups:
            g['lr'] = 2e-3 * min(1, k / 50) * (1 - k / steps)
        x, y = batch_of()
        x = (x - mean) / std
        x = x + torch.randn_like(x) * torch.rand(len(x), 1, 1, 1, 1, device=device) * .4
        with mixed(device):
            out = m(x)
        loss = sum(F.cross_entropy(out[h], y[h], ignore_index=-1, reduction='sum') / (y[h] >= 0).sum().clamp(min=1) for h in HEADS)
        opt.zero_grad()
        loss.backward()
        opt.step()
        if k % 200 == 0:
            log('reader', k, steps, f'{loss.item():.3f}')
    save(f'{folder}/reader.pt', dict(model=m.cpu().state_dict(), z=z, scale=scale))


def train(folder, epochs=14, batch=64):
    shards = latents.read(folder)
    if not shards:
        raise Sorry(f'There are no latents in {folder}; run "python3 train.py latents" first.')
    clips, z = sum((c for _, c, _ in shards), []), torch.cat([q for _, _, q in shards]).float()
    state = load(f'{folder}/dit.pt')
    y = {k: torch.tensor([labels(c)[k] for c in clips]) for k in HEADS}

    def some():
        i = torch.randint(len(clips), (batch,))
        return z[i], {k: v[i] for k, v in y.items()}

    learn(folder, some, z.shape[1], state['scale'] if state else train_dit.statistics(z)[:2], len(clips) // batch * epochs, 'cpu')
    check(folder)


def check(folder):
    """What the reader makes of drawn clips it never saw."""
    m, (mean, std) = reader(folder)
    test = load(f'{folder}/score_test.pt')
    if test is None:
        a, white, _ = latents.encoder(folder)
        e = editions.of(folder)
        c = world.clips(4242, 200, held=True, edition=e) + [q for q in world.clips(4243, 600, edition=e) if q['kind'] == 'scene'][:40]
        test = c, torch.cat([latents.encode(a, white, world.render(c[i:i + 4])) for i in range(0, len(c), 4)])
        save(f'{folder}/score_test.pt', test)
    c, q = test
    q = (q - mean.view(1, -1, 1, 1, 1)) / std.view(1, -1, 1, 1, 1)
    log('reader on drawn clips it never saw:', say(summary(judge(m, q, c))))


def reader(folder):
    s = load(f'{folder}/reader.pt')
    if s is None:
        raise Sorry(f'There is no trained reader in {folder}; run "python3 train.py reader" first.')
    m = Reader(s['z'])
    m.load_state_dict(s['model'])
    return m.eval(), s['scale']


def prompts(n, seed=99, edition=None):
    """n sentences of combinations kept apart (a tenth are class scenes), English and Chinese in turn."""
    r = random.Random(seed)
    c = world.clips(seed, n - n // 10, held=True, edition=edition)
    s = [q for q in world.clips(seed + 1, 40 * n, edition=edition) if q['kind'] == 'scene'][:n // 10]
    c = c + s
    r.shuffle(c)
    return c, [(lang.english if k % 2 == 0 else lang.chinese)(q, r) for k, q in enumerate(c)]


def model(folder, state=None, device='cpu'):
    """The averaged model, its tokenizer and the scale of its latents."""
    state = state or load(f'{folder}/dit.pt')
    if state is None:
        raise Sorry(f'There is no trained model in {folder}; run "python3 train.py dit" first.')
    t = tokens.Tokenizer(f'{folder}/tokenizer.model')
    m = train_dit.Model(len(t), len(state['scale'][0]), body=state['body'])
    lost = m.load_state_dict(state['ema'], strict=False).missing_keys  # a checkpoint of before has other questions, or none
    if lost := [n for n in lost if not n.startswith('asked.')]:
        raise Sorry(f'The checkpoint in {folder} lacks {lost[0]}; start again with "python3 train.py adopt" or "dit".')
    return m.eval().to(device), t, state['scale'], state['step']


def score(folder, n=60, steps=12, guidance=4., shift=train_dit.SHIFT, seed=0, decoded=False):
    m, t, (mean, std), step = model(folder)
    rd, _ = reader(folder)
    e = editions.of(folder)
    c, s = prompts(n, edition=e)
    noise = torch.randn((len(c), *e.grid()), generator=torch.Generator().manual_seed(seed))
    z = train_dit.generate(m, train_dit.rows(s, t), noise, steps, guidance, shift)
    if decoded:  # through pixels and back, so that only what is seen counts
        a, white, _ = latents.encoder(folder)
        view = lambda v: v.view(1, -1, 1, 1, 1)
        z = torch.cat([(latents.encode(a, white, video) - view(mean)) / view(std) for video in pixels(folder, z, (mean, std), 2)])
    j = judge(rd, z, c)
    out = summary(j)
    log(f'step {step}: {n} held-out prompts, {steps} steps, guidance {guidance}:', say(out))
    return out, list(zip(s, c, j)), z


@torch.no_grad()
def pixels(folder, z, scale, batch=4, device='cpu'):
    """Decoded clips [b,T,3,H,W] in 0..1, batch by batch."""
    import vae
    state = load(f'{folder}/vae.pt')
    finer = load(f'{folder}/decoder.pt')
    a = vae.VAE(**state['config'])
    a.load_state_dict(vae.fold({**state['ema'], **(finer['ema'] if finer else {})}, *state['white']))
    for p in a.parameters():
        p.data = p.data.to(device, half(device))
        if p.ndim == 5:
            p.data = p.data.contiguous(memory_format=torch.channels_last_3d)
    mean, std = (v.view(1, -1, 1, 1, 1).to(device) for v in scale)
    for q in z.split(batch):
        y = a.decode((q.to(device) * std + mean).to(half(device)).contiguous(memory_format=torch.channels_last_3d))
        yield (y.float().clamp(-1, 1) / 2 + .5).permute(0, 2, 1, 3, 4).cpu()


LOOK = ['a red square moving to the right', '三颗蓝色的星星在夜晚旋转', 'a yellow circle bouncing in a meadow', '一个绿色的三角形变大',
        'confetti falls on a pink gift box in a room', '一部红色的手机在水下绕圈', 'two green bottles rising on a beach', '聚光灯照亮一只紫色的鞋子',
        'a Shiba Inu in a spacesuit planting potatoes on Mars', '一只柴犬穿着宇航服在火星种土豆', 'a robot dancing in a city', '一只小猫在雪地里向右走',
        'a rabbit wearing glasses waving on the Moon', '热水分子快速运动', 'a rocket launching', '种子长成植物']

LOOK_SMALL = ['a red square moving to the right', '一颗蓝色的星星在夜晚旋转', 'a yellow circle bouncing in a meadow', '一个绿色的三角形变大',
              'confetti falls on a pink gift box', '一部红色的手机在水下绕圈', 'a green bottle rising on a beach', '聚光灯照亮一只紫色的鞋子',
              'a Shiba Inu in a spacesuit planting potatoes on Mars', '一只柴犬穿着宇航服在火星种土豆', 'a robot dancing in a city', '一只小猫在雪地里向右走',
              'a white heart moving down', '热水分子快速运动', 'a rocket launching', '种子长成植物']


def look(folder, state=None, device='cpu'):
    """A sheet of fixed prompts, sheet.png in the folder."""
    from sheet import sheet
    m, t, scale, step = model(folder, state, device)
    prompts = LOOK if (e := editions.of(folder)) is editions.FULL else LOOK_SMALL
    noise = torch.randn((len(prompts), *e.grid()), generator=torch.Generator().manual_seed(1))
    z = train_dit.generate(m, train_dit.rows(prompts, t).to(device), noise.to(device), device=device)
    sheet(torch.cat(list(pixels(folder, z, scale, device=device))), f'{folder}/sheet_{step:06d}.png', scale=.5)
