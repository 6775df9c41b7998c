"""Saying a clip in English or Chinese, in many ways."""
import random

EN = {
    'circle': ['circle', 'ball', 'disc'], 'square': ['square', 'box', 'block'], 'triangle': ['triangle'], 'star': ['star'], 'heart': ['heart'],
    'crescent': ['crescent', 'crescent moon'], 'bottle': ['bottle'], 'cup': ['cup', 'coffee cup', 'mug'], 'phone': ['phone', 'smartphone', 'mobile phone'],
    'gift': ['gift', 'gift box', 'present'], 'dog': ['dog', 'Shiba Inu', 'shiba', 'Shiba Inu dog', 'puppy'], 'cat': ['cat', 'kitten'], 'robot': ['robot'],
}
ZH = {
    'circle': ['圆形', '球', '圆'], 'square': ['方块', '正方形'], 'triangle': ['三角形'], 'star': ['星星', '星形'], 'heart': ['爱心', '心形'],
    'crescent': ['月牙'], 'bottle': ['瓶子', '饮料瓶'], 'cup': ['杯子', '咖啡杯'], 'phone': ['手机'], 'gift': ['礼盒', '礼物'],
    'dog': ['柴犬', '小狗', '狗'], 'cat': ['小猫', '猫', '猫咪'], 'robot': ['机器人'],
}
ZH_COLOUR = {'red': ['红色', '红'], 'orange': ['橙色', '橘色'], 'yellow': ['黄色', '黄'], 'green': ['绿色', '绿'], 'blue': ['蓝色', '蓝'],
             'purple': ['紫色'], 'pink': ['粉色', '粉红色'], 'white': ['白色', '白']}
ZH_MEASURE = {'bottle': '一个', 'cup': '一个', 'phone': '一部', 'gift': '一个', 'dog': '一只', 'cat': '一只', 'robot': '一个', 'star': '一颗', 'heart': '一颗'}
EN_MOTION = {
    'left': ['moving left', 'moving to the left', 'sliding left', 'going left'], 'right': ['moving right', 'moving to the right', 'sliding right', 'going right'],
    'up': ['moving up', 'rising', 'going up', 'moving upwards'], 'down': ['moving down', 'falling', 'going down', 'moving downwards'],
    'bounce': ['bouncing', 'bouncing up and down'], 'spin': ['spinning', 'rotating', 'turning around'], 'grow': ['growing', 'getting bigger', 'growing bigger'],
    'shrink': ['shrinking', 'getting smaller'], 'orbit': ['moving in a circle', 'circling', 'flying in circles'], 'still': ['', 'standing still', 'floating'],
}
EN_MOVES = {
    'left': ['moves left', 'moves to the left', 'slides to the left'], 'right': ['moves right', 'moves to the right', 'slides to the right'],
    'up': ['moves up', 'rises', 'goes up'], 'down': ['moves down', 'falls', 'goes down'], 'bounce': ['bounces', 'bounces up and down'], 'spin': ['spins', 'rotates'],
    'grow': ['grows', 'gets bigger'], 'shrink': ['shrinks', 'gets smaller'], 'orbit': ['moves in a circle', 'circles around', 'flies in circles'],
    'still': ['stands still', 'floats'],
}
ZH_MOTION = {
    'left': ['向左移动', '向左滑动', '往左移动', '从右向左移动'], 'right': ['向右移动', '向右滑动', '往右移动', '从左向右移动'],
    'up': ['向上移动', '上升', '往上移动'], 'down': ['向下移动', '下落', '往下移动'], 'bounce': ['弹跳', '上下弹跳', '在弹跳'], 'spin': ['旋转', '在旋转', '转动'],
    'grow': ['变大', '慢慢变大'], 'shrink': ['变小', '慢慢变小'], 'orbit': ['绕圈移动', '绕圈', '转圈'], 'still': ['', '静止不动', '漂浮'],
}
EN_ACTION = {
    'walk left': ['walking left', 'walking to the left'], 'walk right': ['walking right', 'walking to the right', 'walking'], 'jump': ['jumping', 'jumping up and down'],
    'wave': ['waving', 'waving hello', 'waving its hand'], 'dance': ['dancing', 'dancing a dance'], 'plant': ['planting potatoes', 'planting a potato', 'growing potatoes'],
    'still': ['', 'standing', 'standing still'],
}
EN_ACTS = {
    'walk left': ['walks left', 'walks to the left'], 'walk right': ['walks right', 'walks to the right', 'walks'], 'jump': ['jumps', 'jumps up and down'],
    'wave': ['waves', 'waves hello'], 'dance': ['dances'], 'plant': ['plants potatoes', 'plants a potato'], 'still': ['stands', 'stands still'],
}
ZH_ACTION = {
    'walk left': ['向左走', '往左走'], 'walk right': ['向右走', '往右走', '走路'], 'jump': ['跳跃', '跳', '跳起来'], 'wave': ['挥手', '招手'],
    'dance': ['跳舞', '在跳舞'], 'plant': ['种土豆', '种植土豆', '种马铃薯'], 'still': ['', '站着', '站立'],
}
EN_DRESS = {'spacesuit': ['in a spacesuit', 'wearing a spacesuit', 'in a space suit'], 'hat': ['in a hat', 'wearing a hat', 'with a hat'],
            'scarf': ['in a scarf', 'wearing a scarf', 'wearing a red scarf', 'with a scarf']}
ZH_DRESS = {'spacesuit': ['穿着宇航服', '穿宇航服', '身穿太空服'], 'hat': ['戴着帽子', '戴帽子'], 'scarf': ['戴着围巾', '围着红围巾', '围着围巾']}
EN_PLACE = {
    'plain': ['', '', 'on a plain background'], 'meadow': ['in a meadow', 'on the grass', 'on a green meadow'], 'night': ['at night', 'under the night sky', 'in the night'],
    'beach': ['on a beach', 'at the beach', 'by the sea'], 'city': ['in a city', 'in the city', 'on a city street'], 'mars': ['on Mars', 'on the planet Mars', 'on mars'],
    'snow': ['in the snow', 'in a snowy forest', 'on the snow'], 'room': ['in a room', 'at home', 'in the living room'], 'sea': ['underwater', 'under the sea', 'under water'],
}
ZH_PLACE = {
    'plain': ['', '', '在纯色背景上'], 'meadow': ['在草地上', '草地上', '在绿色的草地上'], 'night': ['在夜晚', '夜晚', '在夜空下'], 'beach': ['在海滩上', '海滩上', '在沙滩上', '海边'],
    'city': ['在城市里', '城市里', '在街道上'], 'mars': ['在火星', '在火星上', '火星上'], 'snow': ['在雪地里', '雪地上', '在雪中'], 'room': ['在房间里', '房间里', '在家里'],
    'sea': ['在水下', '在海底', '水下'],
}
EN_SCENE = {
    'pendulum': ['a pendulum swinging', 'a swinging pendulum', 'a pendulum swings', 'a pendulum swinging back and forth'],
    'planets': ['planets orbiting the sun', 'planets orbiting a sun', 'planets move around the sun', 'the solar system'],
    'ice': ['cold water molecules', 'water molecules in ice', 'frozen water molecules moving slowly', 'ice molecules vibrating'],
    'water': ['water molecules moving', 'water molecules in liquid water', 'molecules of water', 'liquid water molecules'],
    'steam': ['hot water molecules moving fast', 'water molecules in steam', 'hot water molecules', 'steam molecules moving fast'],
    'plant': ['a plant growing from a seed', 'a growing plant', 'a seed growing into a flower', 'a flower growing'],
    'volcano': ['a volcano erupting', 'an erupting volcano', 'a volcano erupts', 'a volcano with lava'],
    'moon': ['the phases of the moon', 'moon phases', 'the moon changing its phases'], 'gears': ['gears turning', 'two gears turning', 'turning gears', 'gears spinning'],
    'bars': ['a bar chart growing', 'a growing bar chart', 'bars of a chart growing', 'a bar chart'], 'wave': ['a wave moving', 'a sine wave', 'a moving sine wave', 'a wave travelling'],
}
ZH_SCENE = {
    'pendulum': ['摆动的钟摆', '钟摆摆动', '单摆来回摆动', '一个钟摆在摆动'], 'planets': ['行星绕着太阳转', '行星围绕太阳运行', '太阳系'],
    'ice': ['冰里的水分子', '寒冷的水分子', '冰的分子', '水分子在冰里振动'], 'water': ['水分子在运动', '水分子运动', '液态水的分子'], 'steam': ['热水分子快速运动', '水蒸气的分子', '热的水分子'],
    'plant': ['种子长成植物', '一颗种子发芽长大', '植物生长', '一朵花在生长'], 'volcano': ['火山喷发', '一座火山在喷发', '火山爆发'], 'moon': ['月相变化', '月亮的圆缺', '月相'],
    'gears': ['齿轮转动', '两个齿轮在转动', '转动的齿轮'], 'bars': ['柱状图增长', '条形图增长', '一张柱状图'], 'wave': ['波的传播', '正弦波', '一个移动的波'],
}
TELL_EN = ['', '', '', '', 'an animation of ', 'a video of ', 'a clip of ', 'show me ', 'animation: ']
TELL_ZH = ['', '', '', '', '动画：', '一段视频：', '一个动画，', '请画']


def _join(*parts):
    return ' '.join(p for p in parts if p)


def _a(words):
    return ('an ' if words[0].lower() in 'aeiou' else 'a ') + words


def english(c, r):
    p = r.choice
    if c['kind'] == 'scene':
        s = p(TELL_EN) + p(EN_SCENE[c['subject']])
        return _finish(s, r)
    colour = c.get('colour') or ''
    noun = p(EN[c['subject']])
    place = p(EN_PLACE[c['place']])
    dress = p(EN_DRESS[c['dress']]) if c.get('dress', 'none') != 'none' else ''
    ing, does = (EN_MOTION, EN_MOVES) if c['kind'] == 'thing' else (EN_ACTION, EN_ACTS)
    what = c.get('motion') or c['action']
    who = _join(colour, noun)
    who = ('the ' + who) if r.random() < .12 else _a(who)
    who = _join(who, dress)
    form = r.random()
    if form < .45:
        s = p(TELL_EN) + _join(who, p(ing[what]), place)
    elif form < .62:
        s = _join(who, p(does[what]), place)
    elif form < .78 and place:
        s = place + ', ' + _join(who, p(does[what]))
    elif form < .88:
        s = _join(who, place, p(ing[what]))
    elif form < .94 and place:
        s = place + p([', ', ' ']) + _join(who, 'is', p(ing[what])) if p(ing[what]) and what != 'still' else _join(who, place)
    elif what != 'still':
        s = _join(who, 'is', p(ing[what]), place)
    else:
        s = _join(who, p(ing[what]), place)
    return _finish(s, r)


def _finish(s, r):
    s = ' '.join(s.split())
    if r.random() < .35:
        s = s[0].upper() + s[1:]
    elif r.random() < .15:
        s = s.lower()
    return s + ('.' if r.random() < .2 else '')


def chinese(c, r):
    p = r.choice
    if c['kind'] == 'scene':
        return p(TELL_ZH) + p(ZH_SCENE[c['subject']]) + ('。' if r.random() < .2 else '')
    noun = p(ZH[c['subject']])
    colour = ''
    if c.get('colour'):
        colour = p(ZH_COLOUR[c['colour']])
        colour += '的' if r.random() < .75 else ''
    one = ZH_MEASURE.get(c['subject'], '一个')
    one = p([one, one, one, '一个', ''])
    place = p(ZH_PLACE[c['place']])
    what = c.get('motion') or c['action']
    does = p((ZH_MOTION if c['kind'] == 'thing' else ZH_ACTION)[what])
    dress = p(ZH_DRESS[c['dress']]) if c.get('dress', 'none') != 'none' else ''
    wearing = dress + '的' if dress and r.random() < .5 else ''
    comma = lambda: '，' if r.random() < .2 else ''
    form = r.random()
    if wearing:
        who = one + wearing + colour + noun
        dress = ''
    else:
        who = one + colour + noun
    if form < .5:
        s = p(TELL_ZH) + who + dress + (place if place.startswith('在') or not place else '在' + place) + does
    elif form < .75:
        s = place + comma() + who + dress + does
    elif form < .9:
        s = p(TELL_ZH) + who + dress + does + (comma() + place if place else '')
    else:
        s = place + comma() + (does.removeprefix('在') + '的' + colour + noun if does and not dress and not wearing else who + dress + does)
    return (s or who) + ('。' if r.random() < .2 else '')


def say(c, r):
    """A sentence for clip c; half of them Chinese."""
    return english(c, r) if r.random() < .5 else chinese(c, r)


SEEDS = [('a Shiba Inu in a spacesuit planting potatoes on Mars', dict(kind='character', subject='dog', colour=None, dress='spacesuit', action='plant', place='mars')),
         ('一只柴犬穿着宇航服在火星种土豆', dict(kind='character', subject='dog', colour=None, dress='spacesuit', action='plant', place='mars'))]


def taught():
    """Every word of the English grammar and every phrase of the Chinese one."""
    en, zh = set('a an the is'.split()), {'一个', '一只', '一部', '一颗', '的', '在'}
    import world
    en.update(world.COLOURS)
    for table in (EN, EN_MOTION, EN_MOVES, EN_ACTION, EN_ACTS, EN_DRESS, EN_PLACE, EN_SCENE):
        for v in table.values():
            en.update(w.lower() for s in v for w in s.replace(',', ' ').replace(':', ' ').split())
    en.update(w for s in TELL_EN for w in s.replace(':', ' ').split())
    for table in (ZH, ZH_COLOUR, ZH_MOTION, ZH_ACTION, ZH_DRESS, ZH_PLACE, ZH_SCENE):
        for v in table.values():
            zh.update(s for s in v if s)
    zh.update(s.strip('：，') for s in TELL_ZH if s)
    return sorted(en), sorted(zh)
