"""What can be asked about a clip, and the answers as class numbers."""
import torch
import figures
import scenes
import world

HEADS = {
    'subject': figures.SHAPES + figures.PRODUCTS + figures.CHARACTERS + scenes.SCENES,
    'colour': list(figures.COLOURS) + ['own'],
    'motion': world.MOTIONS + world.ACTIONS[:-1],
    'dress': world.DRESSES,
    'place': world.PLACES,
}


def labels(c):
    """Class numbers of a clip; -1 where a question has no meaning, everywhere for no clip."""
    if c is None:
        return dict.fromkeys(HEADS, -1)
    out = dict(subject=HEADS['subject'].index(c['subject']), colour=-1, motion=-1, dress=-1, place=-1)
    if c['kind'] != 'scene':
        out.update(place=HEADS['place'].index(c['place']), motion=HEADS['motion'].index(c.get('motion') or c['action']),
                   colour=HEADS['colour'].index(c['colour'] or 'own'))
        if c['kind'] == 'character':
            out['dress'] = HEADS['dress'].index(c['dress'])
    return out


def table(clips, device='cpu'):
    """{question: class numbers [B]}."""
    every = [labels(c) for c in clips]
    return {k: torch.tensor([q[k] for q in every], device=device) for k in HEADS}
