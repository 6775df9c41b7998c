"""What can be asked about a clip, and the answers as class numbers."""
import torch
import figures
import people
import scenes
import world

HEADS = {
    'subject': figures.SHAPES + figures.PRODUCTS + people.CHARACTERS + scenes.SCENES,
    'colour': list(figures.COLOURS) + ['own'],
    'motion': world.MOTIONS + world.ACTIONS[:-1],
    'dress': people.DRESSES,
    'place': world.PLACES,
    'count': [1, 2, 3],
    'speed': world.SPEEDS,
    'camera': world.CAMERAS,
}


def labels(c):
    """Class numbers of a clip; -1 where a question has no meaning, everywhere for no clip."""
    out = dict.fromkeys(HEADS, -1)
    if c is None:
        return out
    said = dict(subject=c['subject'])
    if c['kind'] != 'scene':
        said.update(place=c['place'], motion=c.get('motion') or c['action'], colour=c['colour'] or 'own', camera=c.get('camera', 'none'))
        if c['kind'] == 'thing':
            said['count'] = c.get('count', 1)
        else:
            said['dress'] = c['dress']
        if world.paced(c):
            said['speed'] = c.get('speed', 'normal')
    return {**out, **{k: HEADS[k].index(v) for k, v in said.items()}}


UNSAID = dict(colour=None, dress='none', speed='normal', camera='none')  # no sentence says these, see lang.py


def named(c):
    """The questions that any sentence about a clip answers. What it leaves out has one meaning, too, which labels knows, but nobody asked for it."""
    return {k for k, v in labels(c).items() if v >= 0 and not (k in UNSAID and c.get(k, UNSAID[k]) == UNSAID[k])}


def table(clips, device='cpu'):
    """{question: class numbers [B]}."""
    every = [labels(c) for c in clips]
    return {k: torch.tensor([q[k] for q in every], device=device) for k in HEADS}
