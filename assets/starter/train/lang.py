"""Saying a clip in English or Chinese, in many ways. What a sentence leaves out is one, of no dress, right, neither fast nor slow, seen by a still camera."""
import words as W
from figures import COLOURS, PRODUCTS, SHAPES
from words import EN_PLACE, EN_SCENE, NUMBERS, PAIRS, SHORT, ZH_COLOUR, ZH_PLACE, ZH_SCENE

TWICE = {'spin', 'run', 'hop', 'get'}
LIT = ('spotlight', 'confetti')
TOLD = ('swings', 'erupts', 'takes off', 'planets move', 'it is')
NAMES = ['Inu', 'Mars', 'Moon', 'Shiba']  # what is written with a capital inside a sentence
ALONE = {'bounce', 'spin', 'rotate', 'grow', 'shrink', 'jump', 'hop', 'leap', 'wave', 'dance', 'run', 'walk'}


def _join(*parts):
    return ' '.join(p for p in parts if p)


def _a(words):
    return ('an ' if words[0].lower() in 'aeiou' else 'a ') + words


def _plural(noun):
    return noun + ('es' if noun.endswith(('x', 'ch', 's')) else 's')


def _ing(verb):
    v, _, rest = verb.partition(' ')
    v = v + v[-1] if v in TWICE else v[:-1] if v.endswith('e') else v
    return _join(v + 'ing', rest)


def _s(verb, many=False):
    v, _, rest = verb.partition(' ')
    if not many and v == 'fly':
        return _join('flies', rest)
    return verb if many else _join(v + ('es' if v in ('do', 'go') else 's'), rest)


def _verbs(c, en):
    """What may be said of the motion, and whether its words tell the speed already."""
    what, fast = c.get('motion') or c['action'], c.get('speed') == 'fast'
    table = (W.EN_MOTION if en else W.ZH_MOTION) if c['kind'] == 'thing' else W.EN_ACTION if en else W.ZH_ACTION
    out = list(table[what])
    if what == 'dance' and c['subject'] == 'robot':
        out += W.EN_ROBOT if en else W.ZH_ROBOT
    if what == 'wave' and en and c['subject'] in ('dog', 'cat', 'rabbit'):
        out = ['wave', 'wave hello', 'wave a paw']
    if what.startswith('walk') and fast:
        out = [v for v in out if 'stroll' not in v and '散步' not in v] + 2 * (W.EN_RUN if en else W.ZH_RUN)[what]
    return out


def _who(c, r, adjective=''):
    """Who is seen, and whether a verb after it is in the plural."""
    p, n, colour = r.choice, c.get('count', 1), c.get('colour') or ''
    noun, dress = p(W.EN[c['subject']]), c.get('dress', 'none')
    wearing = p(W.EN_DRESS[dress]) if dress != 'none' else ''
    if c['subject'] == 'person' and colour:
        clothes = p(W.EN_CLOTHES).format(colour)
        wearing = _join(clothes, p(['and', 'with']) if 'shirt' in clothes else 'with', wearing.removeprefix('in ').removeprefix('wearing ').removeprefix('with ')) if wearing else clothes
        wearing, colour = wearing.removesuffix(' on'), ''
    if dress == 'spacesuit' and r.random() < .2:
        noun, wearing = noun + ' astronaut' if c['subject'] != 'person' else 'astronaut', ''
    new = 'new' if c['subject'] in PRODUCTS and r.random() < .07 else ''
    one = _join(new, adjective, colour, noun)
    if noun in PAIRS:
        if n > 1:
            return f'{NUMBERS[n][0]} pairs of {one}', True
        return ('a pair of ' + one, False) if r.random() < .7 else (one, True)
    if n > 1:
        if c['subject'] == 'shoe' and n == 2 and r.random() < .2:
            return 'a pair of ' + _plural(one), False
        return f'{NUMBERS[n][0]} {_plural(one)}', True
    k = r.random()
    return _join('the ' + one if k < .12 or new else 'one ' + one if k < .15 else _a(one), wearing), False


def _paced(verb, c, r, form):
    """form(verb) with the speed said."""
    speed = c.get('speed', 'normal')
    if speed == 'normal' or verb.startswith('run') and r.random() < .6:
        return form(verb)
    how, v = r.choice(W.EN_SPEED[speed]), form(verb)
    first, _, rest = v.partition(' ')
    k = r.random()
    if how != 'fast' and k < .35:
        return how + ' ' + v
    if how != 'fast' and k < .55 and rest.startswith(('to ', 'in ', 'from ')):
        return _join(first, how, rest)
    return v + ' ' + how


def english(c, r):
    p = r.choice
    if c['kind'] == 'scene':
        s = p(EN_SCENE[c['subject']])
        return _finish(('' if any(q in s for q in TOLD) else p(W.TELL_EN)) + s, r)
    what, place, camera = c.get('motion') or c['action'], p(EN_PLACE[c['place']]), c.get('camera', 'none')
    verb = p(_verbs(c, True))
    form, named = r.random(), True
    if what in LIT:
        who, many = _who(c, r)
        if form < .55:
            s = _join(who, verb, place)
        elif form < .7 and place:
            s, named = place + ', ' + _join(who, ('are' if many else 'is') if what == 'spotlight' else '', verb), False
        else:
            s, named = _join(p(W.EN_EVENT[what]), who, place), False
    elif verb in ALONE and form < .22:
        who, _ = _who(c, r, _join(p(W.EN_SPEED[c['speed']][:1]) if c.get('speed', 'normal') != 'normal' and verb != 'run' else '', _ing(verb)))
        s = _join(who, place)
    else:
        who, many = _who(c, r)
        if not verb:
            s, named = (_join(who, place), True) if form < .75 or not place else (_join(place + ',', who), False)
        else:
            if verb.endswith(' in') and place:
                verb = verb[:-2] + 'into view'
            does, doing = _paced(verb, c, r, lambda v: _s(v, many)), _paced(verb, c, r, _ing)
            if form < .55:
                s = _join(who, doing, place)
            elif form < .70:
                s, named = _join(who, does, place), False
            elif form < .82 and place:
                s, named = place + ', ' + _join(who, does), False
            elif form < .90:
                s = _join(who, place, doing)
            elif form < .95 and place:
                s, named = place + p([', ', ' ']) + _join(who, 'are' if many else 'is', doing), False
            else:
                s, named = _join(who, 'are' if many else 'is', doing, place), False
    if camera != 'none' and named and r.random() < .4:
        return _finish(p(W.EN_LENS[camera]) + s, r)
    if named:
        s = p(W.TELL_EN if r.random() < .6 else W.SELL_EN if c['subject'] in PRODUCTS else W.MEET_EN if c['kind'] == 'character' else W.TELL_EN) + s
    if camera != 'none':
        s += ', ' + p(W.EN_CAMERA[camera])
    return _finish(s, r)


def _finish(s, r):
    s = ' '.join(s.split())
    if r.random() < .35:
        s = s[0].upper() + s[1:]
    elif r.random() < .15:
        s = s.lower()
    return s + ('.' if r.random() < .2 else '')


def _wer(c, r, doing=''):
    """Who is seen, said in Chinese: number, what it does, what it wears, colour, noun; and what it wears where that is still to be said."""
    p, n, colour, dress = r.choice, c.get('count', 1), c.get('colour'), c.get('dress', 'none')
    noun, measure = p(W.ZH[c['subject']]), W.ZH_MEASURE.get(c['subject'], '个')
    measure = '个' if noun.endswith('形') else measure
    many = ('一' if n == 1 else NUMBERS[n][1]) + (measure if r.random() < .85 or measure in '只部副盏' else '个')
    if c['subject'] == 'shoe' and n == 2 and r.random() < .25:
        many = '一双'
    if n == 1 and r.random() < .2:
        many = ''
    wearing = p(W.ZH_DRESS[dress]) if dress != 'none' else ''
    if dress == 'spacesuit' and r.random() < .15:
        noun, wearing = ('宇航员' if c['subject'] == 'person' else noun + '宇航员'), ''
    if colour and c['subject'] == 'person':
        wearing, colour = p(['穿', '穿着']) + W.ZH_COLOUR[colour][0] + '衣服' + ('、' + wearing if wearing else ''), None
    if colour:
        short = noun in SHORT and len(ZH_COLOUR[colour][1]) == 1 and r.random() < .3
        colour = ZH_COLOUR[colour][1] if short else p([q for q in ZH_COLOUR[colour] if len(q) > 1]) + ('的' if r.random() < .75 else '')
    if c['subject'] in PRODUCTS and r.random() < .06:
        many += '全新的' if many != '一双' else ''
    last = ''
    if wearing and not doing and r.random() < .45:
        last = wearing
    elif wearing:
        doing = wearing + doing
    return many + (doing + '的' if doing else '') + (colour or '') + noun, last


def chinese(c, r):
    p = r.choice
    end = '。' if r.random() < .2 else ''
    if c['kind'] == 'scene':
        return p(W.TELL_ZH) + p(ZH_SCENE[c['subject']]) + end
    what, place, camera, speed = c.get('motion') or c['action'], p(ZH_PLACE[c['place']]), c.get('camera', 'none'), c.get('speed', 'normal')
    verb, at = p(_verbs(c, False)), '在' + place if place else ''
    if speed != 'normal' and not ('跑' in verb and r.random() < .5):
        verb = p(W.ZH_SPEED[speed]) + verb
    tell = p(W.TELL_ZH if r.random() < .6 else W.SELL_ZH if c['subject'] in PRODUCTS else W.MEET_ZH if c['kind'] == 'character' else W.TELL_ZH)
    lens = p(W.ZH_CAMERA[camera]) if camera != 'none' else ''
    ahead = lens and r.random() < .35
    if ahead:
        tell = ''
    comma, form = '，' if r.random() < .25 else '', r.random()
    if what == 'float in' and place:
        form, comma = .42 + .36 * form, '，'
    going = '在' if speed == 'normal' and what not in ('still', 'float in') and '越来越' not in verb else ''
    if what in LIT:
        who, _ = _wer(c, r)
        before, after = p(W.ZH_EVENT[what])
        if form < .4:
            s = (at + '，' if at else '') + before + who + after
        elif what == 'confetti':
            s = tell + who + (at + '，' if at else '，') + verb if form < .75 or not at else at + '，' + who + p(['周围', '上']) + verb
        elif form < .75 or not at:
            s = tell + who + (at + '，' if at else '') + verb
        else:
            s = at + '，' + who + verb
    elif form < .42 or (not verb and form > .85):
        who, last = _wer(c, r)
        s = tell + who + last + (at or verb and going and p(['', '', '在', '正在'])) + verb
    elif form < .6 or not place:
        who, last = _wer(c, r)
        s = (p([at, place]) + comma if place else '') + who + last + verb
    elif form < .78:
        who, last = _wer(c, r)
        s = place + '有' + who + last + (going if verb and not last else '') + verb
    else:
        who, _ = _wer(c, r, at + verb)
        s = tell + who
    return (lens + '，' + s if ahead else s + '，' + lens if lens else s) + end


def say(c, r):
    """A sentence for clip c; half of them Chinese."""
    return english(c, r) if r.random() < .5 else chinese(c, r)


SEEDS = [('a Shiba Inu in a spacesuit planting potatoes on Mars', dict(kind='character', subject='dog', colour=None, dress='spacesuit', action='plant', place='mars')),
         ('一只柴犬穿着宇航服在火星种土豆', dict(kind='character', subject='dog', colour=None, dress='spacesuit', action='plant', place='mars'))]


ASKED = {'EN': 'subject', 'ZH': 'subject', 'COLOUR': 'colour', 'MOTION': 'motion', 'EVENT': 'motion', 'DRESS': 'dress', 'PLACE': 'place', 'SPEED': 'speed',
         'CAMERA': 'camera', 'LENS': 'camera', 'SCENE': 'subject', 'MEASURE': 'subject'}


def taught(only=None):
    """Every word of the English grammar and every phrase of the Chinese one; only, {question: answers}, narrows them."""
    allow = lambda question, answer: not only or question not in only or answer in only[question]
    many = allow('count', 2)
    en = ['a an the paw in on at one is are and with of astronaut new', *(q for q in COLOURS if allow('colour', q))]
    zh = ['的', '在', '有', '穿', '穿着', '衣服', '宇航员', '全新的', '正在', '周围', '上']
    zh += [q for q in W.SHORT if any(q in v and allow('subject', k) for k, v in W.ZH.items())]
    if many:
        en += ['pair pairs', *(q[0] for q in NUMBERS.values())]
        zh += ['一双']
    for name, table in vars(W).items():
        if isinstance(table, dict) and (question := ASKED.get(name.split('_')[-1])) and name != 'ZH_MEASURE':
            table = {k: v for k, v in table.items() if allow(question, k)}
        rows = table.values() if isinstance(table, dict) else [table]
        if name.startswith('ZH') and name != 'ZH_MEASURE' or name.endswith('_ZH'):
            zh += [q for v in rows for s in v for q in ((s,) if isinstance(s, str) else s)]
        elif name in ('EN_MOTION', 'EN_ACTION', 'EN_RUN', 'EN_ROBOT'):
            en += [f(s) for k in table for s in (table[k] if isinstance(table, dict) else [k]) if s for f in ((str,) if k in LIT else (str, _s, _ing))]
        elif name == 'EN':
            en += [f(s) for k, v in table.items() for s in v for f in (str, _plural) if f is str or many and k in (*PRODUCTS, *SHAPES) and s not in PAIRS]
        elif name.startswith('EN_') or name.endswith('_EN'):
            en += [s for v in rows for s in v]
    zh += [n + m for n in ('一两三' if many else '一') for m in sorted({*W.ZH_MEASURE.values(), '个'})]
    for s in ',:{}':
        en = [w.replace(s, ' ') for w in en]
    return sorted({w.lower() for s in en for w in s.split()}), sorted({s.strip('：，') for s in zh} - {''})
