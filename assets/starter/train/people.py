"""The characters: upright animals, a robot and a person, dressed and posed."""
from draw import any_of, both, box, capsule, circle, ellipse, peak, taper
from figures import DARK, LIGHT, METAL, mix

CHARACTERS = ['dog', 'cat', 'rabbit', 'robot', 'person']
DRESSES = ['none', 'hat', 'scarf', 'spacesuit', 'glasses', 'cape']
OWN = {'dog': (.93, .56, .20), 'cat': (.47, .49, .58), 'rabbit': (.98, .94, .93), 'robot': (.28, .66, .76), 'person': (.12, .66, .62)}
CREAM, PINK, SKIN, HAIR, SUIT, GLASS = (1, .95, .85), (.99, .66, .68), (.98, .78, .62), (.36, .20, .14), (.95, .96, .99), (.62, .84, 1.)
RED, GOLD = (.88, .14, .20), (1, .76, .16)


def character(part, name, own, dress, p, t):
    """Paints with part(layers, x, y, reach, angle=None); feet at y = 1. p: numbers per frame (see moves.pose)."""
    suited, person, robot = dress == 'spacesuit', name == 'person', name == 'robot'
    f, lean, side = .10 * p['face'], p['lean'], p['side']
    torso = SUIT if suited else own
    arm = SUIT if suited else own if not robot else METAL
    leg = SUIT if suited else (.20, .25, .45) if person else METAL if robot else own
    foot = METAL if suited else (.30, .18, .16) if person else own if robot else CREAM
    hand = METAL if suited else SKIN if person else own if robot else CREAM
    cream = CREAM if sum(own) < 2.75 else (.84, .82, .86)
    if name == 'rabbit' and own == OWN['rabbit']:
        cream = PINK
    hx, hy = p['nod'] + lean * 1.36, -.46
    wag = p['wag']

    if dress == 'cape':
        flow = .10 * wag - .22 * side
        part(lambda x, y: [(taper(x - (y + .42) * flow, y, .30, .74, .42), RED)], lean * .4, .36, (1.1, .44))
    if name == 'dog' and not suited:
        part(lambda x, y: [(circle(x, y, .22).abs() - .105, own), (circle(x, y, .10), cream)], -.58 * side, .16 + .04 * wag, .34)
    if name == 'cat' and not suited:
        tip = -.04 - .12 * wag
        part(lambda x, y: [(any_of(capsule(x, y, .34 * side, .24, -.10 * side, .20, .085), capsule(x, y, -.10 * side, .20, tip * side, -.42, .085)), own)],
             -.62 * side, .24, (.5, .56))
    if name == 'rabbit' and not suited:
        part(lambda x, y: [(circle(x, y, .17), cream)], -.42 * side, .46, .2)
    part(lambda x, y: [(any_of(capsule(x, y, .17, -.25, .18 + p['leg'], .19 - p['lift'], .125),
                               capsule(x, y, -.17, -.25, -.18 - p['leg'], .19 - p['lift2'], .125)), leg),
                       (any_of(ellipse(x - .21 - p['leg'], y - .23 + p['lift'], .18, .10), ellipse(x + .21 + p['leg'], y - .23 + p['lift2'], .18, .10)), foot)],
         0., .69, (.66, .46))

    def body(x, y):
        x = x + lean * y
        out = [(taper(x, y, .27, .36, .36) - .04 if person and not suited else box(x, y, .38, .38, .10 if robot else .27), torso)]
        if suited:
            return out + [(box(x, y - .03, .22, .15, .05), (.25, .42, .80)), (circle(x - .10, y - .03, .065), (.98, .30, .25))]
        if robot:
            return out + [(box(x, y - .02, .23, .17, .05), METAL if max(own) > .2 or 1 else own), (any_of(circle(x - .10, y - .02, .06), circle(x + .10, y - .02, .06)), GOLD)]
        if person:
            return out
        return out + [(ellipse(x - f, y - .06, .23, .28), cream)]
    part(body, lean * .66, .24, (.5, .42))
    sx, sy = lean * .88, .03
    rx, ry, lx, ly = .33 + .48 * p['right'].sin(), .48 * p['right'].cos(), -.33 - .48 * p['left'].sin(), .48 * p['left'].cos()
    part(lambda x, y: [(any_of(capsule(x, y, .31, 0., rx, ry, .105), capsule(x, y, -.31, 0., lx, ly, .105)), arm),
                       (any_of(circle(x - rx, y - ry, .125), circle(x - lx, y - ly, .125)), hand)], sx, sy, (.96, .64))
    if suited:
        part(lambda x, y: [(circle(x, y, .68), GLASS, .45)], hx, hy - .06, .7)
    head(part, name, own, cream, suited, dress, f, hx, hy)
    if suited:
        part(lambda x, y: [(circle(x, y, .66).abs() - .055, SUIT), (capsule(x, y, -.44, -.22, -.26, -.42, .05), (1, 1, 1), .85)], hx, hy - .06, .74)
        part(lambda x, y: [(box(x, y, .36, .08, .07), METAL)], lean * .85, .07, (.4, .1))
    if dress == 'scarf':
        part(lambda x, y: [(capsule(x, y, .20, 0., .27 + .04 * wag, .38, .10), RED), (capsule(x, y, .255, .24, .26, .26, .10), (1, .93, .88)),
                           (box(x, y + .02, .40, .115, .10), RED), (box(x + .12, y + .02, .05, .115), (1, .93, .88))], lean * .85, .02, (.46, .50))
    if dress == 'hat':
        part(lambda x, y: [(box(x, y - .24, .50, .075, .07), GOLD), (taper(x, y + .06, .32, .29, .30), GOLD), (box(x, y - .11, .295, .085), RED)],
             hx, hy - (.60 if not person else .62), (.54, .40))
    if dress == 'glasses':
        part(lambda x, y: [(any_of(box(x + .21, y, .205, .155, .09), box(x - .21, y, .205, .155, .09), box(x, y + .04, .3, .035)), (1, 1, 1)),
                           (any_of(box(x + .21, y, .155, .105, .06), box(x - .21, y, .155, .105, .06)), (.10, .10, .14)),
                           (any_of(capsule(x, y, -.27, .03, -.20, -.04, .025), capsule(x, y, .15, .03, .22, -.04, .025)), (.75, .85, .95))], hx + f, hy - .05, (.46, .2))


def head(part, name, own, cream, suited, dress, f, hx, hy):
    eyes = lambda x, y, d, e: any_of(ellipse(x - f + d, y + e, .07, .095), ellipse(x - f - d, y + e, .07, .095))
    dark = DARK if max(own) > .2 else (.97, .90, .45)
    if name == 'robot':
        part(lambda x, y: [(any_of(box(x, y - .14, .04, .16), circle(x, y + .06, .10)), GOLD)], hx, hy - .52, (.2, .34))
        part(lambda x, y: [(any_of(box(x + .52, y, .08, .14, .04), box(x - .52, y, .08, .14, .04)), METAL), (box(x, y, .48, .38, .11), own),
                           (box(x - f, y, .37, .23, .09), DARK if max(own) > .2 else (.42, .45, .52)),
                           (any_of(circle(x - f - .17, y + .03, .095), circle(x - f + .17, y + .03, .095)), (.40, 1., .90)),
                           (box(x - f, y - .145, .13, .03), (.40, 1., .90))], hx, hy, (.62, .42))
        return
    if name == 'person':
        part(lambda x, y: [(any_of(ellipse(x, y + .05, .51, .46), box(x, y - .16, .49, .26, .16)), HAIR), (ellipse(x - f * .5, y - .04, .385, .40), SKIN),
                           (both(ellipse(x, y + .05, .49, .45), ellipse(x + .16 - f, y - .42, .72, .60) * -1), HAIR),
                           (eyes(x, y, .17, -.02), DARK), (any_of(ellipse(x - f - .25, y - .14, .085, .055), ellipse(x - f + .25, y - .14, .085, .055)), PINK),
                           (both(ellipse(x - f, y - .19, .12, .10), .19 - y), (.75, .22, .25))], hx, hy, (.56, .56))
        return
    if name == 'rabbit':
        h = .40 if suited else .62
        ears = lambda x, y, w, k: any_of(ellipse(x - .20 - .10 * -y, y, w, h * k), ellipse(x + .20 + .10 * -y, y, w, h * k))
        part(lambda x, y: [(ears(x, y, .145, 1.), own), (ears(x, y, .07, .74), PINK)], hx, hy - (.36 if suited else .60), (.46, h + .04))
        part(lambda x, y: [(ellipse(x, y, .47, .40), own), (any_of(ellipse(x - f - .10, y - .17, .16, .12), ellipse(x - f + .10, y - .17, .16, .12)), LIGHT if sum(own) < 2.75 else (.90, .86, .87)),
                           (ellipse(x - f, y - .10, .075, .055), (.95, .40, .48)), (box(x - f, y - .29, .07, .08, .02), (1, 1, 1)), (eyes(x, y, .20, .06), dark)], hx, hy, (.52, .46))
        return
    dog = name == 'dog'
    e, w, h = (.29, .17, .42) if dog else (.32, .22, .52)
    ears = lambda x, y, k: any_of(peak(x - e, y, w * k, h * k), peak(x + e, y, w * k, h * k))
    part(lambda x, y: [(ears(x, y - .28, 1.), own), (ears(x, y - .26, .58), PINK if not dog else cream)], hx, hy - .44, (.6, .38))
    if dog:
        part(lambda x, y: [(ellipse(x, y, .49, .43), own), (any_of(ellipse(x - f - .24, y - .16, .24, .21), ellipse(x - f + .24, y - .16, .24, .21), ellipse(x - f, y - .20, .27, .20)), cream),
                           (any_of(circle(x - f - .17, y + .20, .065), circle(x - f + .17, y + .20, .065)), cream), (ellipse(x - f, y - .10, .115, .08), DARK),
                           (both(ellipse(x - f, y - .23, .09, .13), .22 - y), (.96, .42, .48)), (eyes(x, y, .20, .04), dark)], hx, hy, (.54, .48))
        return
    stripe = mix(own, (0, 0, 0), .35) if max(own) > .2 else (.30, .30, .36)
    part(lambda x, y: [(ellipse(x, y, .54, .41), own), (any_of(box(x, y + .30, .045, .11, .03), box(x - .15, y + .29, .04, .08, .03), box(x + .15, y + .29, .04, .08, .03)), stripe),
                       (any_of(ellipse(x - f - .09, y - .17, .15, .11), ellipse(x - f + .09, y - .17, .15, .11)), cream), (ellipse(x - f, y - .10, .07, .05), (.97, .42, .50)),
                       (any_of(capsule(x, y, .30, .12, .62, .05, .022), capsule(x, y, -.30, .12, -.62, .05, .022), capsule(x, y, .30, .20, .60, .24, .022),
                               capsule(x, y, -.30, .20, -.60, .24, .022)), LIGHT if sum(own) < 2.7 else METAL),
                       (eyes(x, y, .21, .05), dark if dark != DARK or max(own) < .2 else DARK)], hx, hy, (.66, .46))
