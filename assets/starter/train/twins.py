"""Clips drawn a second time with one answer changed: a star as a cup, the rest as it was."""
import world
from figures import COLOURS, PRODUCTS, SHAPES
from moves import ACTIONS, MOTIONS
from people import CHARACTERS, DRESSES

ANSWERS = dict(thing=dict(subject=5, motion=3, colour=1), character=dict(subject=3, action=3, dress=2))


def changed(c, r, edition=None):
    """A clip that differs from c in one answer: mostly the subject. None for a class scene."""
    if c['kind'] == 'scene':
        return None
    name = r.choices(*zip(*ANSWERS[c['kind']].items()))[0]
    every = dict(subject=SHAPES + PRODUCTS if c['kind'] == 'thing' else CHARACTERS, colour=list(COLOURS), motion=MOTIONS, dress=DRESSES, action=ACTIONS)[name]
    pool = [{**c, name: q} for q in every if q != c[name]]
    pool = [q if world.paced(q) else {**q, 'speed': 'normal'} for q in pool]
    pool = [q for q in pool if world.possible(q) and not world.held_out(q) and (edition is None or edition.allows(q))]
    return r.choice(pool) if pool else None


def partners(clips):
    """For each clip of `families.pairs` the place of the other of its pair; its own where it has none."""
    at = lambda k: clips[k]['j'] if k < len(clips) and clips[k]['kind'] != 'scene' else None
    return [k ^ 1 if at(k) is not None and at(k) == at(k ^ 1) else k for k in range(len(clips))]
