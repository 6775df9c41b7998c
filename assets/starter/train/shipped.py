"""Scores what people see: clips that the program itself makes of held-out prompts, read from its frames; and what no
reader is needed for: how much the background flickers, and whether a thing keeps its colour from first to last frame."""
import json
import os
import subprocess
import tempfile
import numpy as np
import torch
from PIL import Image
import editions
import score
import watch
import world
from common import Sorry, log
from figures import COLOURS
from places import picture
from questions import named

FLICKER = .012  # mean change of a background pixel from frame to frame, of a range of 1


def clip(binary, home, prompt, seed, steps, image=None):
    """Frames [T,3,H,W] in 0..1 of one clip."""
    out = f'{home}/frames'
    command = [binary, 'generate', '--prompt', prompt, '--seed', str(seed), '--device', 'cpu', '--no-history', '--quiet', '--out', out + '/']
    command += ['--steps', str(steps)] if steps else []
    command += ['--image', image] if image else []
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, 'KINORA_HOME': home})
    if done.returncode:
        raise Sorry(f'{binary} did not make a clip of "{prompt}": {done.stderr.strip()}')
    names = sorted(n for n in os.listdir(out) if n.endswith('.png'))
    frames = torch.stack([torch.from_numpy(np.array(Image.open(f'{out}/{n}').convert('RGB'))) for n in names])
    for n in names:
        os.remove(f'{out}/{n}')
    return frames.permute(0, 3, 1, 2).float() / 255


def background(frames, place):
    """[T,H,W], where a frame shows the place as it is drawn."""
    seen = [(frames - picture(place, *frames.shape[2:], s)).abs().amax(1) < .16 for s in (0., -.5, .5, -1., 1.)]
    return max(seen, key=torch.sum)


def flicker(frames, place):
    """Mean change between neighbouring frames, of pixels that show the place in both."""
    still = background(frames, place)
    still = still[1:] & still[:-1]
    change = (frames[1:] - frames[:-1]).abs().mean(1)
    return (change * still).sum().item() / max(1, still.sum().item())


def shades(frame, hidden):
    """The palette's two colours that most of the pixels that are not background come nearest to; a phone is black besides."""
    names = list(COLOURS)
    seen = frame.permute(1, 2, 0)[~hidden]
    if len(seen) < 40:
        return []
    d = (seen[:, None] - torch.tensor([COLOURS[n] for n in names])[None]).pow(2).sum(2)
    near = d.min(1)
    counts = torch.bincount(near.indices[near.values < .12], minlength=len(names))
    return [names[k] for k in counts.topk(2).indices.tolist() if counts[k]]


def keeps(frames, c):
    hidden = background(frames, c['place'])
    return all(c['colour'] in shades(frames[k], hidden[k]) for k in (0, -1))


def run(folder, binary, n, steps=0, seed=99, keep=None):
    e = editions.of(folder)
    viewer = watch.watcher(folder)
    clips, sentences = score.prompts(n, seed, e)
    judged, flickers, kept, results, videos = [], [], [], [], []
    with tempfile.TemporaryDirectory() as home:
        for k, (c, s) in enumerate(zip(clips, sentences)):
            v = clip(binary, home, s, k, steps)
            j = score.judge(viewer, watch.seen(v[None]), [c])[0]
            judged.append(j)
            if c['kind'] != 'scene' and c.get('motion') not in ('spotlight', 'confetti'):
                flickers.append(flicker(v, c['place']))
            if c['kind'] == 'thing' and c['motion'] not in ('spotlight', 'confetti'):
                kept.append(keeps(v, c))
            results.append(dict(prompt=s, right=sorted(q for q in j if j[q]), wrong=sorted(q for q in j if not j[q]), named=sorted(named(c) & set(j))))
            if keep:
                videos.append(v[::8].mul(255).byte())
            if k % 50 == 49:
                log(k + 1, 'clips:', score.say(score.summary(judged)))
    log('with what the sentences leave out (own colour, no dress, normal speed, a still camera):', score.say(score.summary(judged)))
    judged = score.asked(judged, clips)
    out = score.summary(judged)
    for name, part in (('English', judged[::2]), ('Chinese', judged[1::2])):
        log(name, score.say(score.summary(part)))
    for kind in ('thing', 'character', 'scene'):
        part = [j for j, c in zip(judged, clips) if c['kind'] == kind]
        if part:
            log(kind, score.say(score.summary(part)))
    out['flicker'] = sum(flickers) / max(1, len(flickers))
    out['flicker_over'] = sum(f > FLICKER for f in flickers) / max(1, len(flickers))
    out['colour_kept'] = sum(kept) / max(1, len(kept))
    log(f'{n} held-out prompts, clips of {binary}:', score.say(out))
    with open(f'{folder}/shipped.json', 'w', encoding='utf-8') as f:
        json.dump(dict(summary=out, clips=results), f, ensure_ascii=False, indent=1)
    if keep:
        torch.save(videos, keep)
    return out


def pictures(folder, binary, n, steps=0, seed=98):
    """Clips from a drawn first picture and a sentence: what the reader says, and how near the first frame is to the picture (dB)."""
    e = editions.of(folder)
    viewer = watch.watcher(folder)
    clips, sentences = score.prompts(n, seed, e)
    judged, near = [], []
    with tempfile.TemporaryDirectory() as home:
        for k, (c, s) in enumerate(zip(clips, sentences)):
            first = (world.render([c], world.FRAMES)[0, 0].permute(1, 2, 0) * 255).round().byte().numpy()
            Image.fromarray(first).save(f'{home}/first.png')
            v = clip(binary, home, s, k, steps, f'{home}/first.png')
            judged.append(score.judge(viewer, watch.seen(v[None]), [c])[0])
            near.append(-10 * torch.log10((v[0] - torch.from_numpy(first).permute(2, 0, 1) / 255).pow(2).mean()).item())
    log('with what the sentences leave out:', score.say(score.summary(judged)))
    out = score.summary(score.asked(judged, clips))
    log(f'{n} clips from pictures:', score.say(out), f'first frame {sum(near) / n:.1f} dB')
    return out


def drawn(folder, n=120, seed=7):
    """What the same measures say of drawn clips: flicker is 0, colours are kept."""
    clips = [c for c in world.clips(seed, 4 * n, edition=editions.of(folder)) if c['kind'] == 'thing' and c['motion'] not in ('spotlight', 'confetti')][:n]
    v = world.render(clips)
    return sum(flicker(q, c['place']) for q, c in zip(v, clips)) / len(clips), sum(map(keeps, v, clips)) / len(clips)
